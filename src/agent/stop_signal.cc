// SPDX-License-Identifier: Apache-2.0
#include "agent/stop_signal.h"

#include <utility>

namespace sagebrush::agent {

void StopSignal::Request(std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (requested_) return;
    requested_ = true;
    ++changes_;
    reason_ = std::move(reason);
  }
  changed_.notify_all();
}

bool StopSignal::requested() const {
  const std::lock_guard lock(mutex_);
  return requested_;
}

std::string StopSignal::reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

void StopSignal::Wake() {
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
  }
  changed_.notify_all();
}

bool StopSignal::WaitUntil(std::chrono::steady_clock::time_point deadline,
                           const std::function<bool()>& condition) const {
  std::unique_lock lock(mutex_);
  while (true) {
    // Counted before the look, so that a change after it is not missed.
    const std::uint64_t seen = changes_;
    lock.unlock();
    if (condition()) return true;
    lock.lock();
    if (!changed_.wait_until(lock, deadline, [&] { return changes_ != seen; })) return false;
  }
}

bool StopSignal::WaitFor(std::chrono::milliseconds time) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return requested_; });
}

}  // namespace sagebrush::agent
