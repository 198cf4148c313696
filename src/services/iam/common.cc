// SPDX-License-Identifier: Apache-2.0
#include "services/iam/common.h"

#include <algorithm>
#include <set>

#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::services::iam_api {

namespace {
constexpr std::int64_t kDefaultMaxItems = 100;
constexpr int kUpdateAttempts = 8;
constexpr std::size_t kMaxTags = 50;  // of a role, of a policy
}  // namespace

aws::Error NoSuchEntity(std::string message) { return {"NoSuchEntity", std::move(message)}; }
aws::Error InvalidInput(std::string message) { return {"InvalidInput", std::move(message)}; }
aws::Error LimitExceeded(std::string message) { return {"LimitExceeded", std::move(message)}; }

aws::Outcome<iam::Role> FindRole(iam::Roles& roles, const RequestContext& context,
                                 const Json& input) {
  const std::string name = input.GetString("RoleName");
  auto role = roles.Get(context.account, name);
  if (role.ok()) return std::move(role).value();
  if (role.status().code() == Code::kNotFound)
    return NoSuchEntity("The role with name " + name + " cannot be found.");
  return role.status();
}

aws::Outcome<Json> ChangeRole(iam::Roles& roles, const RequestContext& context, const Json& input,
                              const std::function<std::optional<aws::Error>(iam::Role&)>& change) {
  for (int attempt = 0; attempt < kUpdateAttempts; ++attempt) {
    ASSIGN_OR_RETURN(iam::Role role, FindRole(roles, context, input));
    if (auto error = change(role)) return *error;
    const Status status = roles.Update(role);
    if (status.ok()) return Json::Object();
    if (status.code() == Code::kNotFound)
      return NoSuchEntity("The role with name " + role.name + " cannot be found.");
    if (status.code() != Code::kFailedPrecondition) return status;
  }
  return aws::Error{"ConcurrentModification", "The role " + input.GetString("RoleName") +
                                                  " is being changed by other calls; try again."};
}

aws::Outcome<Json> Page(std::vector<std::pair<std::string, Json>> items, std::string_view member,
                        const Json& input) {
  std::string after;
  if (const std::string marker = input.GetString("Marker"); !marker.empty()) {
    const auto decoded = Base64Decode(marker);
    if (!decoded.ok() || decoded->empty()) return aws::Error{"ValidationError", "Invalid Marker."};
    after = *decoded;
  }
  const auto limit = static_cast<std::size_t>(
      std::max<std::int64_t>(1, input.GetInt("MaxItems", kDefaultMaxItems)));

  Json out = Json::Object();
  Json list = Json::Array();
  std::string last;
  bool is_truncated = false;
  for (auto& [name, item] : items) {
    if (name <= after && !after.empty()) continue;
    if (list.size() == limit) {
      is_truncated = true;
      break;
    }
    last = name;
    list.Append(std::move(item));
  }
  out[member] = std::move(list);
  out["IsTruncated"] = is_truncated;
  if (is_truncated) out["Marker"] = Base64Encode(last);
  return out;
}

std::string EncodedDocument(std::string_view text) { return PercentEncode(text); }

std::optional<aws::Error> CheckDocument(const Result<Json>& parsed) {
  if (parsed.ok()) return std::nullopt;
  return aws::Error{"MalformedPolicyDocument", parsed.status().message()};
}

std::size_t CountedBytes(std::string_view document) {
  return static_cast<std::size_t>(std::ranges::count_if(
      document, [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; }));
}

std::optional<aws::Error> CheckPolicyArn(const std::string& arn) {
  if (arn.starts_with("arn:") && Split(arn, ':').size() >= 6) return std::nullopt;
  return aws::Error{"ValidationError", "Invalid ARN:  Could not be parsed!"};
}

std::optional<aws::Error> AddTags(const Json* tags, std::map<std::string, std::string>* to) {
  if (tags == nullptr || !tags->is_array()) return std::nullopt;
  std::set<std::string> keys;
  for (const Json& tag : tags->AsArray()) {
    const std::string key = tag.GetString("Key");
    if (ToLower(key).starts_with("aws:"))
      return InvalidInput("aws: prefixed tag key names are not allowed for external use: '" + key +
                          "'");
    if (!keys.insert(ToLower(key)).second)
      return InvalidInput(
          "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
    EraseTag(key, to);
    (*to)[key] = tag.GetString("Value");
  }
  if (to->size() > kMaxTags)
    return LimitExceeded("The number of tags has reached the maximum limit.");
  return std::nullopt;
}

void EraseTag(std::string_view key, std::map<std::string, std::string>* from) {
  std::erase_if(*from,
                [lower = ToLower(key)](const auto& tag) { return ToLower(tag.first) == lower; });
}

Json ToTagList(const std::map<std::string, std::string>& tags) {
  Json out = Json::Array();
  for (const auto& [key, value] : tags) out.Append(Json::Object({{"Key", key}, {"Value", value}}));
  return out;
}

}  // namespace sagebrush::services::iam_api
