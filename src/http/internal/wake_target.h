// SPDX-License-Identifier: Apache-2.0
// What a waker reaches (Exchange::Park): remembers that it was called, and tells the connection while that is parked on it.
// Any thread. The mutex keeps connection and loop alive during a wake: both end only after Forget.
#pragma once

#include <memory>
#include <mutex>

namespace sagebrush::http::internal {

class Connection;

class WakeTarget {
 public:
  explicit WakeTarget(Connection* connection) : connection_(connection) {}

  static void Wake(const std::shared_ptr<WakeTarget>& target);
  bool woken() const;
  // On the connection's loop: the exchange goes on, or is gone.
  void Forget();

 private:
  mutable std::mutex mutex_;  // guards both
  Connection* connection_;
  bool woken_ = false;
};

}  // namespace sagebrush::http::internal
