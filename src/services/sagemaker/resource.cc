// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/resource.h"

#include "base/strings.h"
#include "orchestrator/workload_record.h"

namespace sagebrush::services::sagemaker {

namespace {

constexpr int kTries = 20;
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

std::string ResourceArn(const RequestContext& context, std::string_view type,
                        std::string_view name) {
  return context.Arn("sagemaker", std::string(type) + "/" + ToLower(name));
}

aws::Error ValidationError(std::string message) {
  return {.code = "ValidationException", .message = std::move(message)};
}

aws::Error NotFoundError(std::string_view noun, const std::string& arn) {
  return ValidationError("Could not find " + std::string(noun) + " \"" + arn + "\".");
}

aws::Error AlreadyExistsError(std::string_view noun, const std::string& arn) {
  return ValidationError("Cannot create already existing " + std::string(noun) + " \"" + arn +
                         "\".");
}

metastore::Record NewRecord(const RequestContext& context, metastore::Key key, const Json& input,
                            const std::string& arn) {
  Json request = input;
  request.Remove("Tags");
  metastore::Record record{
      .key = std::move(key),
      .version = 0,
      .created = context.now,
      .modified = context.now,
      .status = {},
      .document = Json::Object({{"request", std::move(request)}, {"arn", arn}})};
  if (const Json* tags = input.Find("Tags")) record.document["tags"] = *tags;
  return record;
}

aws::Outcome<Json> ListRecords(metastore::RecordStore& records, const std::string& kind,
                               const RequestContext& context, const Json& input,
                               const std::string& list_member,
                               const std::function<Json(const metastore::Record&)>& summary) {
  metastore::Filter filter;
  filter.kind = kind;
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
  // API reference: all lists but that of training jobs begin with the newest.
  options.descending = input.GetString("SortOrder", kind == orchestrator::kTrainingJobKind
                                                        ? "Ascending"
                                                        : "Descending") == "Descending";
  options.limit = static_cast<int>(input.GetInt("MaxResults", kDefaultPage));
  options.page_token = input.GetString("NextToken");
  const auto page = records.List(filter, options);
  if (page.status().code() == Code::kInvalidArgument)
    return ValidationError("Invalid NextToken: it is not one that this server gave for this list.");
  if (!page.ok()) return page.status();
  Json result = Json::Object({{list_member, Json::Array()}});
  for (const auto& record : page->records) result[list_member].Append(summary(record));
  if (!page->next_token.empty()) result["NextToken"] = page->next_token;
  return result;
}

aws::Outcome<metastore::Record> ChangeRecord(
    metastore::RecordStore& records, const metastore::Key& key, const aws::Error& missing,
    TimePoint now, const std::function<aws::Outcome<bool>(metastore::Record&)>& change) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    auto record = records.Get(key);
    if (record.status().code() == Code::kNotFound) return missing;
    if (!record.ok()) return record.status();
    ASSIGN_OR_RETURN(const bool changed, change(*record));
    if (!changed) return std::move(*record);
    record->modified = now;
    const Status updated = records.Update(*record);
    if (updated.ok()) return std::move(*record);
    if (updated.code() == Code::kNotFound) return missing;
    if (updated.code() != Code::kFailedPrecondition) return updated;
  }
  return Unavailable("the record of " + key.name + " keeps changing; try again");
}

}  // namespace sagebrush::services::sagemaker
