// SPDX-License-Identifier: Apache-2.0
// Reports: what the instance tells about its phases, numbered from 1 and repeated after every welcome until acknowledged, so
// that no server misses one and none is taken twice. Any thread may call; Add never waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::agent {

class Reports {
 public:
  using Send = std::function<Status(const Json& message)>;
  Reports(Send send, const Clock& clock) : send_(std::move(send)), clock_(clock) {}

  // `members` join "type", "number", "at" and "phase".
  void Add(std::string_view phase, const Json& members = Json::Object());
  // A connection begins; the server has all reports up to `stored`. Until then nothing is sent on it: a new report that
  // overtook the repeated ones would make the server take those for old.
  void Welcome(std::uint64_t stored);
  void Disconnected();
  void Acknowledge(std::uint64_t number);
  // Whether all are acknowledged within that time.
  bool WaitUntilAcknowledged(std::chrono::milliseconds timeout);

 private:
  struct Report {
    std::uint64_t number;
    Json message;
  };

  void SendAll(std::uint64_t from);

  const Send send_;
  const Clock& clock_;
  std::mutex order_mutex_;  // reports leave in the order of their numbers; taken before mutex_
  std::mutex mutex_;        // guards all below
  std::condition_variable changed_;
  std::deque<Report> waiting_;
  std::uint64_t next_ = 1;
  bool welcomed_ = false;
};

}  // namespace sagebrush::agent
