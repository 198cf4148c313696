// SPDX-License-Identifier: Apache-2.0
// GetMetricStatistics: up to 1440 points of one metric. Any thread; blocks for the disk.
#pragma once

#include "services/cloudwatch/common.h"

namespace sagebrush::services::cloudwatch {

aws::Outcome<Json> GetMetricStatistics(metricstore::MetricStore& store,
                                       const RequestContext& context,
                                       const api::cloudwatch::GetMetricStatisticsInput& request);

}  // namespace sagebrush::services::cloudwatch
