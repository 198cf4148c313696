// SPDX-License-Identifier: Apache-2.0
// What instances use: CPUUtilization, MemoryUtilization and DiskUtilization, named as SageMaker names them (Developer Guide,
// "Amazon SageMaker AI metrics in Amazon CloudWatch"). Pure functions; any thread.
#pragma once

#include <vector>

#include "metricstore/metric_store.h"
#include "orchestrator/instances.h"
#include "orchestrator/resource_sample.h"

namespace sagebrush::services::sagemaker_metrics {

// For a training job's instance: namespace /aws/sagemaker/TrainingJobs, dimension Host = "job/algo-1". For an endpoint's:
// /aws/sagemaker/Endpoints, EndpointName and VariantName. Nothing for others.
std::vector<metricstore::Datum> DataOfSample(const orchestrator::Instance& instance,
                                             const orchestrator::ResourceSample& sample);

}  // namespace sagebrush::services::sagemaker_metrics
