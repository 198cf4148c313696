// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/reconciler.h"

#include "base/log.h"

namespace sagebrush::orchestrator {

void Reconciler::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Reconciler::Nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  wake_.notify_one();
}

void Reconciler::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Status Reconciler::Shutdown() {
  Status first;  // one that fails does not keep the others running
  for (const auto& controller : controllers_)
    if (const Status status = controller->Shutdown(); first.ok()) first = status;
  return first;
}

Status Reconciler::RunOnce() {
  Status first;
  for (const auto& controller : controllers_)
    if (const Status status = controller->Reconcile(); first.ok()) first = status;
  return first;
}

void Reconciler::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    nudged_ = false;
    lock.unlock();
    const Status status = RunOnce();
    if (!status.ok()) LogError("reconcile", status.ToString());
    lock.lock();
    wake_.wait_for(lock, period_, [this] { return nudged_ || stopping_; });
  }
}

}  // namespace sagebrush::orchestrator
