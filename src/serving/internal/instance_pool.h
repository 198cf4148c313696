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

  // A request under way, as long as this lives.
  class Visit {
   public:
    explicit Visit(std::shared_ptr<InstancePool> pool) : pool_(std::move(pool)) {
      ++pool_->under_way_;
    }
    ~Visit() { --pool_->under_way_; }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    InstancePool* operator->() const { return pool_.get(); }

   private:
    const std::shared_ptr<InstancePool> pool_;  // shared: it may have been dropped by a Publish
  };

  // A kept connection, if there is one. The other side may have closed it meanwhile.
  std::optional<http::ClientConnection> TakeKept();
  void Keep(http::ClientConnection connection);
  // A new one; waits for it.
  Result<http::ClientConnection> Connect(std::chrono::milliseconds at_most);

  const std::string& id() const { return id_; }
  int port() const { return port_; }
  std::size_t under_way() const { return under_way_; }

 private:
  struct Idle {
    http::ClientConnection connection;
    SteadyTime since;
  };

  const std::string id_;
  const int port_;
  Dialer& dialer_;
  const Clock& clock_;
  std::atomic<std::size_t> under_way_ = 0;
  std::mutex mutex_;       // guards idle_
  std::deque<Idle> idle_;  // the one used last is at the end
};

}  // namespace sagebrush::serving
