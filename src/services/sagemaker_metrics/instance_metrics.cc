// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_metrics/instance_metrics.h"

#include "orchestrator/controller.h"
#include "services/sagemaker_metrics/job_metrics.h"

namespace sagebrush::services::sagemaker_metrics {

std::vector<metricstore::Datum> DataOfSample(const orchestrator::Instance& instance,
                                             const orchestrator::ResourceSample& sample) {
  // Of an instance that an older server made nobody knows what to call it.
  if (instance.host.empty()) return {};
  metricstore::Metric metric;
  if (instance.owner.kind == orchestrator::kTrainingJobKind) {
    metric.name_space = kTrainingNamespace;
    metric.dimensions = {{"Host", instance.owner.name + "/" + instance.host}};
  } else if (instance.owner.kind == orchestrator::kEndpointKind) {
    metric.name_space = "/aws/sagemaker/Endpoints";
    metric.dimensions = {{"EndpointName", instance.owner.name}, {"VariantName", instance.variant}};
  } else {
    return {};
  }
  std::vector<metricstore::Datum> data;
  const auto add = [&](const char* name, double percent) {
    metricstore::Datum datum;
    datum.metric = metric;
    datum.metric.name = name;
    datum.at_ms = ToMillis(sample.at);
    datum.unit = "Percent";
    datum.high_resolution = true;
    datum.summary = metricstore::Summary::Of(percent);
    data.push_back(std::move(datum));
  };
  add("CPUUtilization", sample.cpu_percent);
  if (instance.memory_bytes > 0)
    add("MemoryUtilization",
        100 * sample.memory_bytes / static_cast<double>(instance.memory_bytes));
  add("DiskUtilization", sample.disk_percent);
  return data;
}

}  // namespace sagebrush::services::sagemaker_metrics
