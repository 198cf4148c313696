// SPDX-License-Identifier: Apache-2.0
// Log streams: create, describe, delete. Any thread.
#pragma once

#include <variant>

#include "aws/error.h"
#include "aws_models/logs/log_stream.h"
#include "logstore/log_store.h"
#include "services/context.h"

namespace sagebrush::services::logs {

aws::Outcome<std::monostate> CreateLogStream(logstore::LogStore& store,
                                             const RequestContext& context,
                                             const api::logs::CreateLogStreamRequest& request);
aws::Outcome<std::monostate> DeleteLogStream(logstore::LogStore& store,
                                             const RequestContext& context,
                                             const api::logs::DeleteLogStreamRequest& request);
// A nextToken stands only in a page that is truncated: the SageMaker SDKs, versions 1 and 2, ask
// again without it while one comes, and would print every line twice (fit(logs=True)).
aws::Outcome<api::logs::DescribeLogStreamsResponse> DescribeLogStreams(
    logstore::LogStore& store, const RequestContext& context,
    const api::logs::DescribeLogStreamsRequest& request);

}  // namespace sagebrush::services::logs
