// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_metrics/invocation_metrics.h"

namespace sagebrush::services::sagemaker_metrics {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::size_t kFoldAt = 10'000;  // latencies: 80 KB

}  // namespace

void InvocationMetrics::Figures::Fold() {
  model_folded.Add(metricstore::Summary::OfAll(std::move(model_us)));
  overhead_folded.Add(metricstore::Summary::OfAll(std::move(overhead_us)));
  model_us = {};
  overhead_us = {};
}

void InvocationMetrics::Record(const InvocationRecord& record) {
  const std::int64_t minute = ToMillis(clock_.Now()) / kMinuteMs;
  const View view{record.scope, record.endpoint, record.variant, minute};
  const std::lock_guard lock(mutex_);
  auto found = figures_.find(view);
  if (found == figures_.end())
    found = figures_
                .try_emplace(Key{std::string(record.scope), std::string(record.endpoint),
                                 std::string(record.variant), minute})
                .first;
  Figures& figures = found->second;
  ++figures.invocations;
  if (record.model_status >= 400 && record.model_status < 500) ++figures.client_errors;
  if (record.model_status >= 500) ++figures.server_errors;
  if (record.model_status < 200 || record.model_status >= 300) ++figures.model_errors;
  if (record.instances > 0) figures.per_instance += 1.0 / record.instances;
  figures.model_us.push_back(static_cast<double>(record.model_latency.count()));
  figures.overhead_us.push_back(static_cast<double>(record.overhead.count()));
  if (figures.model_us.size() >= kFoldAt) figures.Fold();
}

Status InvocationMetrics::Flush(metricstore::MetricStore& store) {
  std::map<Key, Figures, std::less<>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(figures_);
  }
  std::map<std::string, std::vector<metricstore::Datum>> data;  // by scope
  for (auto& [key, figures] : taken) {
    const std::vector<metricstore::Dimension> dimensions = {{"EndpointName", std::get<1>(key)},
                                                            {"VariantName", std::get<2>(key)}};
    const std::int64_t at_ms = std::get<3>(key) * kMinuteMs;
    std::vector<metricstore::Datum>& list = data[std::get<0>(key)];
    figures.Fold();
    const auto add = [&](const char* name, const char* unit, metricstore::Summary summary) {
      metricstore::Datum datum;
      datum.metric = {"AWS/SageMaker", name, dimensions};
      datum.at_ms = at_ms;
      datum.unit = unit;
      datum.summary = std::move(summary);
      list.push_back(std::move(datum));
    };
    // AWS sends 1 or 0 for each invocation: the sum counts, the average is the share.
    const auto share = [&](double ones) {
      metricstore::Summary summary;
      if (ones > 0) summary.Add(metricstore::Summary::Of(1, ones));
      if (ones < figures.invocations)
        summary.Add(metricstore::Summary::Of(0, figures.invocations - ones));
      return summary;
    };
    add("Invocations", "None", share(figures.invocations));
    add("Invocation4XXErrors", "None", share(figures.client_errors));
    add("Invocation5XXErrors", "None", share(figures.server_errors));
    add("InvocationModelErrors", "None", share(figures.model_errors));
    const double each = figures.per_instance / figures.invocations;
    add("InvocationsPerInstance", "None", metricstore::Summary::Of(each, figures.invocations));
    add("ModelLatency", "Microseconds", std::move(figures.model_folded));
    add("OverheadLatency", "Microseconds", std::move(figures.overhead_folded));
  }
  Status first;
  for (auto& [scope, list] : data) {
    const Status stored = store.Put(scope, std::move(list));
    if (first.ok()) first = stored;
  }
  return first;
}

}  // namespace sagebrush::services::sagemaker_metrics
