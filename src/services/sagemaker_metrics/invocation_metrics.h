// SPDX-License-Identifier: Apache-2.0
// What endpoints are asked and how long they take: AWS/SageMaker's Invocations, Invocation4XXErrors, Invocation5XXErrors,
// InvocationModelErrors, InvocationsPerInstance, ModelLatency and OverheadLatency (microseconds), by EndpointName and
// VariantName. Record() only adds to figures in memory, so that an invocation waits for no disk; Flush() stores them. What a
// kill finds unflushed is lost. Any thread may call.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "metricstore/metric_store.h"

namespace sagebrush::services::sagemaker_metrics {

struct InvocationRecord {
  std::string_view scope, endpoint, variant;
  int model_status = 200;  // the container's
  int instances = 1;       // of the variant
  std::chrono::microseconds model_latency{};
  std::chrono::microseconds overhead{};
};

class InvocationMetrics {
 public:
  explicit InvocationMetrics(const Clock& clock) : clock_(clock) {}

  void Record(const InvocationRecord& record);
  // Stores what has come since; what cannot be stored is dropped with the error.
  Status Flush(metricstore::MetricStore& store);

 private:
  struct Figures {
    double invocations = 0, client_errors = 0, server_errors = 0, model_errors = 0;
    double per_instance = 0;
    std::vector<double> model_us, overhead_us;  // not yet folded
    metricstore::Summary model_folded, overhead_folded;
    void Fold();
  };
  // scope, endpoint, variant, minute
  using Key = std::tuple<std::string, std::string, std::string, std::int64_t>;
  using View = std::tuple<std::string_view, std::string_view, std::string_view, std::int64_t>;

  const Clock& clock_;
  std::mutex mutex_;  // guards figures_
  std::map<Key, Figures, std::less<>> figures_;
};

}  // namespace sagebrush::services::sagemaker_metrics
