// SPDX-License-Identifier: Apache-2.0
// ListMetrics: what had data in the past two weeks (or three hours), 500 a page. Any thread; blocks for the disk.
#pragma once

#include "services/cloudwatch/common.h"

namespace sagebrush::services::cloudwatch {

aws::Outcome<Json> ListMetrics(metricstore::MetricStore& store, const RequestContext& context,
                               const api::cloudwatch::ListMetricsInput& request);

}  // namespace sagebrush::services::cloudwatch
