// SPDX-License-Identifier: Apache-2.0
// GetMetricData: many metrics at once, in pages of points. Any thread; blocks for the disk.
#pragma once

#include "services/cloudwatch/common.h"

namespace sagebrush::services::cloudwatch {

aws::Outcome<Json> GetMetricData(metricstore::MetricStore& store, const RequestContext& context,
                                 const api::cloudwatch::GetMetricDataInput& request);

}  // namespace sagebrush::services::cloudwatch
