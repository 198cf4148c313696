// SPDX-License-Identifier: Apache-2.0
// What SageMaker's handlers do alike: make a record, find one, change one, and refuse in AWS's words. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/json.h"
#include "metastore/record_store.h"
#include "services/context.h"
#include "services/sagemaker/resource_type.h"

namespace sagebrush::services::sagemaker {

aws::Error ValidationError(std::string message);
// Cannot create already existing model "arn:…".
aws::Error AlreadyExistsError(const ResourceType& type, const std::string& arn);

// The record of a resource that was just asked for: the request (all that was sent but tags), its ARN, its tags. Who has
// more to keep puts it into the document. Refused for tags that may not be.
aws::Outcome<metastore::Record> NewRecord(const ResourceType& type, const RequestContext& context,
                                          const Json& input);

// The record that the request names, or AWS's refusal.
aws::Outcome<metastore::Record> FindRecord(metastore::RecordStore& records,
                                           const ResourceType& type, const RequestContext& context,
                                           const Json& input);
aws::Outcome<Json> DeleteRecord(metastore::RecordStore& records, const ResourceType& type,
                                const RequestContext& context, const Json& input);

// Reads the record, lets `change` alter it, and writes it back; again when someone else was faster. `change` may refuse, or
// say that there is nothing to write. `modified`: LastModifiedTime's new value; without it that stays.
aws::Outcome<metastore::Record> ChangeRecord(
    metastore::RecordStore& records, const metastore::Key& key, const aws::Error& missing,
    std::optional<TimePoint> modified,
    const std::function<aws::Outcome<bool>(metastore::Record&)>& change);

}  // namespace sagebrush::services::sagemaker
