// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/resource.h"

#include "services/sagemaker/tags.h"

namespace sagebrush::services::sagemaker {

namespace {
constexpr int kTries = 20;
}

aws::Error ValidationError(std::string message) {
  return {.code = "ValidationException", .message = std::move(message)};
}

aws::Error AlreadyExistsError(const ResourceType& type, const std::string& arn) {
  return ValidationError("Cannot create already existing " + std::string(type.noun) + " \"" + arn +
                         "\".");
}

aws::Outcome<metastore::Record> NewRecord(const ResourceType& type, const RequestContext& context,
                                          const Json& input) {
  const std::string name = input.GetString(type.name_member);
  Json request = input;
  request.Remove("Tags");
  metastore::Record record{.key = KeyOf(type, context, name),
                           .version = 0,
                           .created = context.now,
                           .modified = context.now,
                           .status = {},
                           .document = Json::Object({{"request", std::move(request)},
                                                     {"arn", ArnOf(type, context, name)}})};
  if (const Json* tags = input.Find("Tags"); tags != nullptr && tags->size() > 0) {
    ASSIGN_OR_RETURN(auto merged, MergedTags({}, *tags));
    SetTags(&record, merged);
  }
  return record;
}

aws::Outcome<metastore::Record> FindRecord(metastore::RecordStore& records,
                                           const ResourceType& type, const RequestContext& context,
                                           const Json& input) {
  const std::string name = input.GetString(type.name_member);
  auto record = records.Get(KeyOf(type, context, name));
  if (record.status().code() == Code::kNotFound) return NotFoundError(type, context, name);
  if (!record.ok()) return record.status();
  return std::move(*record);
}

aws::Outcome<Json> DeleteRecord(metastore::RecordStore& records, const ResourceType& type,
                                const RequestContext& context, const Json& input) {
  const std::string name = input.GetString(type.name_member);
  const Status deleted = records.Delete(KeyOf(type, context, name));
  if (deleted.code() == Code::kNotFound) return NotFoundError(type, context, name);
  RETURN_IF_ERROR(deleted);
  return Json::Object();
}

aws::Outcome<metastore::Record> ChangeRecord(
    metastore::RecordStore& records, const metastore::Key& key, const aws::Error& missing,
    std::optional<TimePoint> modified,
    const std::function<aws::Outcome<bool>(metastore::Record&)>& change) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    auto record = records.Get(key);
    if (record.status().code() == Code::kNotFound) return missing;
    if (!record.ok()) return record.status();
    ASSIGN_OR_RETURN(const bool changed, change(*record));
    if (!changed) return std::move(*record);
    if (modified) record->modified = *modified;
    const Status updated = records.Update(*record);
    if (updated.ok()) return std::move(*record);
    if (updated.code() == Code::kNotFound) return missing;
    if (updated.code() != Code::kFailedPrecondition) return updated;
  }
  return Unavailable("the record of " + key.name + " keeps changing; try again");
}

}  // namespace sagebrush::services::sagemaker
