// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/list.h"

#include "services/sagemaker/resource.h"

namespace sagebrush::services::sagemaker {

namespace {

constexpr int kDefaultPage = 10;

std::optional<TimePoint> TimeOf(const Json& input, const char* name) {
  const Json* value = input.Find(name);
  return value != nullptr && value->is_number() ? std::optional(FromEpochSeconds(value->AsDouble()))
                                                : std::nullopt;
}

metastore::SortBy SortOf(const std::string& word) {
  if (word == "Name") return metastore::SortBy::kName;
  if (word == "Status") return metastore::SortBy::kStatus;
  return metastore::SortBy::kCreated;
}

}  // namespace

aws::Error InvalidToken() {
  return ValidationError(
      "Invalid pagination token because \"it is not one that this list gave for this order\".");
}

aws::Outcome<Json> ListRecords(metastore::RecordStore& records, const ResourceType& type,
                               const RequestContext& context, const Json& input,
                               const std::string& member, DefaultOrder order,
                               const std::function<void(const metastore::Record&, Json*)>& add) {
  metastore::Filter filter;
  filter.kind = type.kind;
  filter.scope = context.scope();
  filter.name_contains = input.GetString("NameContains");
  if (const std::string status = input.GetString("StatusEquals"); !status.empty())
    filter.statuses = {status};
  filter.created_after = TimeOf(input, "CreationTimeAfter");
  filter.created_before = TimeOf(input, "CreationTimeBefore");
  filter.modified_after = TimeOf(input, "LastModifiedTimeAfter");
  filter.modified_before = TimeOf(input, "LastModifiedTimeBefore");
  metastore::ListOptions options;
  options.sort_by = SortOf(input.GetString("SortBy"));
  options.descending = input.GetString("SortOrder", order == DefaultOrder::kNewestFirst
                                                        ? "Descending"
                                                        : "Ascending") == "Descending";
  options.limit = static_cast<int>(input.GetInt("MaxResults", kDefaultPage));
  options.page_token = input.GetString("NextToken");
  const auto page = records.List(filter, options);
  if (page.status().code() == Code::kInvalidArgument) return InvalidToken();
  if (!page.ok()) return page.status();

  Json list = Json::Array();
  for (const auto& record : page->records) {
    Json entry = Json::Object({{type.name_member, record.key.name},
                               {type.arn_member, record.document.GetString("arn")},
                               {"CreationTime", ToEpochSeconds(record.created)}});
    add(record, &entry);
    list.Append(std::move(entry));
  }
  Json result = Json::Object({{member, std::move(list)}});
  if (!page->next_token.empty()) result["NextToken"] = page->next_token;
  return result;
}

}  // namespace sagebrush::services::sagemaker
