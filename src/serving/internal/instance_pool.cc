// SPDX-License-Identifier: Apache-2.0
// Last in, first out, so that after a burst the surplus grows old and is closed.
#include "serving/internal/instance_pool.h"

#include <algorithm>
#include <utility>

namespace sagebrush::serving {
namespace {

constexpr std::size_t kMaxIdle = 64;
// Well below the 75 s after which our own model server hangs up, and other servers' usual 60.
constexpr auto kMaxIdleTime = std::chrono::seconds(30);
constexpr std::chrono::milliseconds kDialTimeout = std::chrono::seconds(5);

}  // namespace

std::optional<http::ClientConnection> InstancePool::TakeKept() {
  const SteadyTime oldest = clock_.SteadyNow() - kMaxIdleTime;
  const std::lock_guard lock(mutex_);
  while (!idle_.empty() && idle_.front().since < oldest) idle_.pop_front();
  while (!idle_.empty()) {
    http::ClientConnection connection = std::move(idle_.back().connection);
    idle_.pop_back();
    if (connection.reusable()) return connection;
  }
  return std::nullopt;
}

void InstancePool::Keep(http::ClientConnection connection) {
  if (!connection.reusable()) return;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back({std::move(connection), clock_.SteadyNow()});
}

Result<http::ClientConnection> InstancePool::Connect(std::chrono::milliseconds at_most) {
  ASSIGN_OR_RETURN(UniqueFd socket, dialer_.Dial(id_, port_, std::min(at_most, kDialTimeout)));
  return http::ClientConnection(std::move(socket));
}

}  // namespace sagebrush::serving
