// SPDX-License-Identifier: Apache-2.0
// Log groups: create, describe, delete. Any thread.
#pragma once

#include <variant>

#include "aws/error.h"
#include "aws_models/logs/log_group.h"
#include "logstore/log_store.h"
#include "services/context.h"

namespace sagebrush::services::logs {

aws::Outcome<std::monostate> CreateLogGroup(logstore::LogStore& store,
                                            const RequestContext& context,
                                            const api::logs::CreateLogGroupRequest& request);
aws::Outcome<std::monostate> DeleteLogGroup(logstore::LogStore& store,
                                            const RequestContext& context,
                                            const api::logs::DeleteLogGroupRequest& request);
aws::Outcome<api::logs::DescribeLogGroupsResponse> DescribeLogGroups(
    logstore::LogStore& store, const RequestContext& context,
    const api::logs::DescribeLogGroupsRequest& request);

}  // namespace sagebrush::services::logs
