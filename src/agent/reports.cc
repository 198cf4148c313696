// SPDX-License-Identifier: Apache-2.0
#include "agent/reports.h"

#include <string>
#include <vector>

namespace sagebrush::agent {

void Reports::Add(std::string_view phase, const Json& members) {
  const std::lock_guard order(order_mutex_);
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = next_++;
    Json message = Json::Object(
        {{"type", "report"}, {"number", number}, {"at", ToMillis(clock_.Now())}, {"phase", phase}});
    for (const auto& [name, value] : members.AsObject()) message[name] = value;
    waiting_.push_back({number, std::move(message)});
    if (!welcomed_) return;
  }
  SendAll(number);
}

void Reports::SendAll(std::uint64_t from) {
  std::vector<Json> messages;
  {
    const std::lock_guard lock(mutex_);
    for (const Report& report : waiting_) {
      if (report.number >= from) messages.push_back(report.message);
    }
  }
  for (const Json& message : messages) {
    if (!send_(message).ok()) return;  // the next welcome brings us back here
  }
}

void Reports::Welcome(std::uint64_t stored) {
  Acknowledge(stored);
  const std::lock_guard order(order_mutex_);
  {
    const std::lock_guard lock(mutex_);
    welcomed_ = true;
  }
  SendAll(0);
}

void Reports::Disconnected() {
  const std::lock_guard lock(mutex_);
  welcomed_ = false;
}

void Reports::Acknowledge(std::uint64_t number) {
  {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && waiting_.front().number <= number) waiting_.pop_front();
  }
  changed_.notify_all();
}

bool Reports::WaitUntilAcknowledged(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return waiting_.empty(); });
}

}  // namespace sagebrush::agent
