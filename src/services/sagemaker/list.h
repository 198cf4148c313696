// SPDX-License-Identifier: Apache-2.0
// List* over a kind of resource: every filter, order and page that the service's models have. Pure but for the record store.
#pragma once

#include <functional>
#include <string>

#include "aws/error.h"
#include "base/json.h"
#include "metastore/record_store.h"
#include "services/context.h"
#include "services/sagemaker/resource_type.h"

namespace sagebrush::services::sagemaker {

enum class DefaultOrder { kOldestFirst, kNewestFirst };

// NameContains, StatusEquals, CreationTimeAfter/Before, LastModifiedTimeAfter/Before (what an operation lacks, its validator
// has refused), SortBy (CreationTime unless told), SortOrder, MaxResults (10 unless told), NextToken. An entry of the list
// `member` has name, ARN and creation time, and what `add` adds.
aws::Outcome<Json> ListRecords(metastore::RecordStore& records, const ResourceType& type,
                               const RequestContext& context, const Json& input,
                               const std::string& member, DefaultOrder order,
                               const std::function<void(const metastore::Record&, Json*)>& add);

aws::Error InvalidToken();

}  // namespace sagebrush::services::sagemaker
