// SPDX-License-Identifier: Apache-2.0
// MetricFlusher: the one thread that does what metrics need now and then: it stores what invocations have left in memory, every
// ten seconds and at the end, and lets the store age, every ten minutes. Stop() from any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "services/sagemaker_metrics/invocation_metrics.h"

namespace sagebrush::services::sagemaker_metrics {

class MetricFlusher {
 public:
  MetricFlusher(InvocationMetrics& invocations, metricstore::MetricStore& store)
      : invocations_(invocations), store_(store) {}
  ~MetricFlusher() { Stop(); }
  MetricFlusher(const MetricFlusher&) = delete;
  MetricFlusher& operator=(const MetricFlusher&) = delete;

  void Start();
  void Stop();  // again: flushes what has come since

 private:
  void Run();
  void Flush();

  InvocationMetrics& invocations_;
  metricstore::MetricStore& store_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sagebrush::services::sagemaker_metrics
