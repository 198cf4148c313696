// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_metrics/metric_flusher.h"

#include "base/log.h"

namespace sagebrush::services::sagemaker_metrics {

namespace {

constexpr std::chrono::seconds kFlushInterval{10};
constexpr int kFlushesToRollUp = 60;

}  // namespace

void MetricFlusher::Start() {
  thread_ = std::thread([this] { Run(); });
}

void MetricFlusher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
  Flush();
}

void MetricFlusher::Run() {
  int until_roll_up = 1;  // soon after the start: a server may have been away for days
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kFlushInterval, [this] { return stopping_; })) {
    lock.unlock();
    Flush();
    if (--until_roll_up == 0) {
      until_roll_up = kFlushesToRollUp;
      const Status rolled = store_.RollUp();
      if (!rolled.ok())
        LogWarning("metrics", "old data stays as it is for now: " + rolled.message());
    }
    lock.lock();
  }
}

void MetricFlusher::Flush() {
  const Status flushed = invocations_.Flush(store_);
  if (!flushed.ok()) LogError("metrics", "figures of invocations are lost: " + flushed.ToString());
}

}  // namespace sagebrush::services::sagemaker_metrics
