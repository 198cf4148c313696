// SPDX-License-Identifier: Apache-2.0
// What SageMaker's resources have in common: where their records stand, how they are listed, how AWS words what goes wrong.
// Pure but for the record store; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/json.h"
#include "metastore/record_store.h"
#include "services/context.h"

namespace sagebrush::services::sagemaker {

inline constexpr char kModelKind[] = "model";
inline constexpr char kEndpointConfigKind[] = "endpoint-config";

// AWS writes the names in SageMaker's ARNs in lower case; policies are matched against these (actions.cc), so a reader who
// copies an ARN from an answer into a policy names what is checked.
std::string ResourceArn(const RequestContext& context, std::string_view type,
                        std::string_view name);

aws::Error ValidationError(std::string message);

// AWS's nouns as its error texts use them: "endpoint configuration" for endpoint-config.
aws::Error NotFoundError(std::string_view noun,
                         const std::string& arn);  // Could not find model "arn:…".
aws::Error AlreadyExistsError(
    std::string_view noun,
    const std::string& arn);  // Cannot create already existing model "arn:…".

// The record of a resource that was just asked for: the request (all that was sent but tags), its ARN, its tags. Who has
// more to keep puts it into the document.
metastore::Record NewRecord(const RequestContext& context, metastore::Key key, const Json& input,
                            const std::string& arn);

// A List* request over a kind: NameContains, StatusEquals, the four time filters, SortBy, SortOrder, MaxResults, NextToken.
// `summary` makes one entry of the list named `list_member`.
aws::Outcome<Json> ListRecords(metastore::RecordStore& records, const std::string& kind,
                               const RequestContext& context, const Json& input,
                               const std::string& list_member,
                               const std::function<Json(const metastore::Record&)>& summary);

// Reads the record, lets `change` alter it, and writes it back; again when someone else was faster. `change` may refuse.
aws::Outcome<metastore::Record> ChangeRecord(
    metastore::RecordStore& records, const metastore::Key& key, const aws::Error& missing,
    TimePoint now, const std::function<aws::Outcome<bool>(metastore::Record&)>& change);

}  // namespace sagebrush::services::sagemaker
