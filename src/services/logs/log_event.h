// SPDX-License-Identifier: Apache-2.0
// Log events: put, get, filter. Any thread.
#pragma once

#include "aws/error.h"
#include "aws_models/logs/log_event.h"
#include "logstore/log_store.h"
#include "services/context.h"

namespace sagebrush::services::logs {

aws::Outcome<api::logs::PutLogEventsResponse> PutLogEvents(
    logstore::LogStore& store, const RequestContext& context,
    const api::logs::PutLogEventsRequest& request);
aws::Outcome<api::logs::GetLogEventsResponse> GetLogEvents(
    logstore::LogStore& store, const RequestContext& context,
    const api::logs::GetLogEventsRequest& request);
aws::Outcome<api::logs::FilterLogEventsResponse> FilterLogEvents(
    logstore::LogStore& store, const RequestContext& context,
    const api::logs::FilterLogEventsRequest& request);

}  // namespace sagebrush::services::logs
