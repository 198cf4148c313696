// SPDX-License-Identifier: Apache-2.0
// PutMetricData: checked as AWS checks it, all faults at once, then stored as a whole. Any thread; blocks for the disk.
#pragma once

#include "services/cloudwatch/common.h"

namespace sagebrush::services::cloudwatch {

aws::Outcome<Json> PutMetricData(metricstore::MetricStore& store, const RequestContext& context,
                                 const api::cloudwatch::PutMetricDataInput& request);

}  // namespace sagebrush::services::cloudwatch
