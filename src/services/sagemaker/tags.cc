// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/tags.h"

#include <set>

#include "base/strings.h"
#include "metastore/page_token.h"
#include "services/sagemaker/list.h"
#include "services/sagemaker/resource.h"

namespace sagebrush::services::sagemaker {

namespace {

constexpr std::size_t kMaxTags = 50;  // of one resource: AWS General Reference, "Tag naming limits"
constexpr std::int64_t kDefaultPage = 50;
constexpr char kPurpose[] = "tags.1";

Json ToList(const TagMap& tags) {
  Json list = Json::Array();
  for (const auto& [key, value] : tags) list.Append(Json::Object({{"Key", key}, {"Value", value}}));
  return list;
}

}  // namespace

TagMap TagsOf(const metastore::Record& record) {
  TagMap tags;
  if (const Json* list = record.document.Find("tags"); list != nullptr && list->is_array())
    for (const auto& tag : list->AsArray()) tags[tag.GetString("Key")] = tag.GetString("Value");
  return tags;
}

void SetTags(metastore::Record* record, const TagMap& tags) {
  record->document["tags"] = ToList(tags);
}

aws::Outcome<TagMap> MergedTags(TagMap old, const Json& added) {
  std::set<std::string> keys;
  for (const auto& tag : added.AsArray()) {
    const std::string key = tag.GetString("Key");
    if (!keys.insert(key).second)
      return ValidationError("Duplicate tag keys found: '" + key + "'. Give each key once.");
    if (ToLower(key).starts_with("aws:"))
      return ValidationError("aws: prefixed tag key names are not allowed for external use: '" +
                             key + "'.");
    old[key] = tag.GetString("Value");
  }
  if (old.size() > kMaxTags)
    return ValidationError("A resource can have at most 50 tags; with these it would have " +
                           std::to_string(old.size()) + ".");
  return old;
}

aws::Outcome<TaggedResource> ReadArn(const RequestContext& context, const std::string& arn) {
  const auto parts = Split(arn, ':');
  if (parts.size() < 6 || parts[0] != "arn" || !parts[1].starts_with("aws") ||
      parts[2] != "sagemaker")
    return ValidationError("1 validation error detected: Value '" + arn +
                           "' at 'resourceArn' failed to satisfy constraint: Member must satisfy "
                           "regular expression pattern: "
                           "arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:[0-9]{12}:.+");
  const std::string_view resource = parts.size() == 6 ? parts[5] : std::string_view();
  const std::size_t slash = resource.find('/');
  const std::string_view word = resource.substr(0, slash);
  const auto* type = TypeOfArn(word);
  if (type == nullptr || slash == std::string_view::npos)
    return ValidationError("The resource type of \"" + arn +
                           "\" cannot be tagged on this server: training jobs, models, endpoint "
                           "configurations and endpoints can.");
  const std::string name(resource.substr(slash + 1));
  // Another partition's, region's or account's resource is none of this one's.
  if (parts[1] != "aws" || parts[3] != context.region || parts[4] != context.account)
    return NotFoundError(*type, context, name);
  return TaggedResource{type, KeyOf(*type, context, name)};
}

aws::Outcome<TaggedResource> FindByArn(metastore::RecordStore& records,
                                       const RequestContext& context, const std::string& arn) {
  ASSIGN_OR_RETURN(const TaggedResource named, ReadArn(context, arn));
  metastore::Filter filter;
  filter.kind = named.key.kind;
  filter.scope = named.key.scope;
  filter.name_ignoring_case = named.key.name;
  ASSIGN_OR_RETURN(const auto page, records.List(filter, {}));
  if (page.records.empty()) return NotFoundError(*named.type, context, named.key.name);
  // Two that differ in case alone share an ARN; who writes a name as it is means that one.
  for (const auto& record : page.records)
    if (record.key.name == named.key.name) return named;
  return TaggedResource{named.type, page.records.front().key};
}

aws::Outcome<Json> Tags::Add(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto resource,
                   FindByArn(deps_.records, context, input.GetString("ResourceArn")));
  ASSIGN_OR_RETURN(
      const auto record,
      ChangeRecord(deps_.records, resource.key,
                   NotFoundError(*resource.type, context, resource.key.name), std::nullopt,
                   [&](metastore::Record& changing) -> aws::Outcome<bool> {
                     const TagMap old = TagsOf(changing);
                     ASSIGN_OR_RETURN(const TagMap merged, MergedTags(old, *input.Find("Tags")));
                     if (merged == old) return false;
                     SetTags(&changing, merged);
                     return true;
                   }));
  return Json::Object({{"Tags", ToList(TagsOf(record))}});
}

aws::Outcome<Json> Tags::List(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto resource,
                   FindByArn(deps_.records, context, input.GetString("ResourceArn")));
  const auto record = deps_.records.Get(resource.key);
  if (record.status().code() == Code::kNotFound)
    return NotFoundError(*resource.type, context, resource.key.name);
  if (!record.ok()) return record.status();
  const TagMap tags = TagsOf(*record);
  auto from = tags.begin();
  if (const std::string token = input.GetString("NextToken"); !token.empty()) {
    const auto after = metastore::ReadPageToken(kPurpose, token, 1);
    if (!after.ok()) return InvalidToken();
    from = tags.upper_bound(after->front());
  }
  const auto limit = static_cast<std::size_t>(input.GetInt("MaxResults", kDefaultPage));
  TagMap some;
  for (; from != tags.end() && some.size() < limit; ++from) some.insert(*from);
  Json result = Json::Object({{"Tags", ToList(some)}});
  if (from != tags.end())
    result["NextToken"] = metastore::MakePageToken(kPurpose, {some.rbegin()->first});
  return result;
}

aws::Outcome<Json> Tags::Delete(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto resource,
                   FindByArn(deps_.records, context, input.GetString("ResourceArn")));
  ASSIGN_OR_RETURN(
      const auto record,
      ChangeRecord(deps_.records, resource.key,
                   NotFoundError(*resource.type, context, resource.key.name), std::nullopt,
                   [&](metastore::Record& changing) -> aws::Outcome<bool> {
                     TagMap tags = TagsOf(changing);
                     std::size_t gone = 0;
                     for (const auto& key : input.Find("TagKeys")->AsArray())
                       gone += tags.erase(key.AsString());
                     if (gone > 0) SetTags(&changing, tags);
                     return gone > 0;
                   }));
  (void)record;
  return Json::Object();
}

}  // namespace sagebrush::services::sagemaker
