// SPDX-License-Identifier: Apache-2.0
// StopSignal: the one place where a run waits. It is asked to stop (by the server, by time, by a signal), and it is woken by
// whatever else the run waits for (the user's process ended), so nothing polls. Any thread may call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace sagebrush::agent {

class StopSignal {
 public:
  // The first reason stays.
  void Request(std::string reason);
  bool requested() const;
  std::string reason() const;

  // Lets waiters look at their condition again.
  void Wake();
  // Waits until `condition` holds (looked at now and at every Wake and Request), or until the time has
  // come; whether it held.
  bool WaitUntil(std::chrono::steady_clock::time_point deadline,
                 const std::function<bool()>& condition) const;
  // True when a stop was requested within that time.
  bool WaitFor(std::chrono::milliseconds time) const;

 private:
  mutable std::mutex mutex_;  // guards all below
  mutable std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  bool requested_ = false;
  std::string reason_;
};

}  // namespace sagebrush::agent
