// SPDX-License-Identifier: Apache-2.0
// InstancePool: the idle connections to one instance, and how many requests are under way there.
// Bounded: more connections than kMaxIdle are closed instead of kept. Any thread may call.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "http/client.h"
#include "serving/dialer.h"

namespace sagebrush::serving {

class InstancePool {
 public:
  InstancePool(std::string id, int port, Dialer& dialer, const Clock& clock)
      : id_(std::move(id)), port_(port), dialer_(dialer), clock_(clock) {}

  // POST of a whole body to `path`; the answer whatever its status. A kept connection that breaks
  // before the head of the answer has come is replaced once by a fresh one: the other side may
  // close an idle connection at any time, and that request was then never looked at. Nothing else
  // is tried twice. `*was_sent` becomes true once bytes of the request may have reached the
  // instance.
  Result<http::Response> Call(const http::Request& request, const std::string& body,
                              SteadyTime deadline, bool* was_sent);

  const std::string& id() const { return id_; }
  int port() const { return port_; }
  std::size_t under_way() const { return under_way_; }
  std::size_t idle() const;

 private:
  struct Idle {
    http::ClientConnection connection;
    SteadyTime since;
  };

  std::optional<http::ClientConnection> TakeIdle();
  void Keep(http::ClientConnection connection);
  Result<http::ClientConnection> Connect(SteadyTime deadline);

  const std::string id_;
  const int port_;
  Dialer& dialer_;
  const Clock& clock_;
  std::atomic<std::size_t> under_way_ = 0;
  mutable std::mutex mutex_;  // guards idle_
  std::deque<Idle> idle_;     // the one used last is at the end
};

}  // namespace sagebrush::serving
