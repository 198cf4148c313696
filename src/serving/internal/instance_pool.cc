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
constexpr auto kDialTimeout = std::chrono::seconds(5);
constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

class Counted {
 public:
  explicit Counted(std::atomic<std::size_t>* count) : count_(*count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

struct Attempt {
  Result<http::Response> response;
  bool head_came = false;
};

Attempt Exchange(http::ClientConnection& connection, const http::Request& request,
                 const std::string& body, SteadyTime deadline, const Clock& clock) {
  if (Status sent = connection.SendHead(request, body.size()); !sent.ok()) return {sent};
  // A server that answers before it has read everything (413) closes its side: its answer counts,
  // not our broken pipe.
  const Status sent = connection.SendBody(body);
  auto response = connection.ReadHead();
  if (!response.ok()) return {sent.ok() ? response.status() : sent};
  std::string received;
  char buffer[64 << 10];
  while (true) {
    auto count = connection.ReadBody(buffer, sizeof buffer);
    if (!count.ok()) return {count.status(), true};
    if (*count == 0) break;
    received.append(buffer, *count);
    if (received.size() > kMaxAnswer)
      return {ResourceExhausted("the container's answer is larger than 64 MiB"), true};
    if (clock.SteadyNow() >= deadline)
      return {DeadlineExceeded("the container did not finish its answer in time"), true};
  }
  response->body = std::move(received);
  return {std::move(response), true};
}

}  // namespace

Result<http::Response> InstancePool::Call(const http::Request& request, const std::string& body,
                                          SteadyTime deadline, bool* was_sent) {
  const Counted counted(&under_way_);
  if (auto kept = TakeIdle()) {
    *was_sent = true;
    Attempt attempt = Exchange(*kept, request, body, deadline, clock_);
    const bool broke_early = !attempt.response.ok() && !attempt.head_came &&
                             attempt.response.status().code() == Code::kUnavailable;
    if (!broke_early) {
      if (attempt.response.ok() && kept->reusable()) Keep(std::move(*kept));
      return std::move(attempt.response);
    }
    *was_sent = false;
  }
  ASSIGN_OR_RETURN(http::ClientConnection fresh, Connect(deadline));
  *was_sent = true;
  Attempt attempt = Exchange(fresh, request, body, deadline, clock_);
  if (attempt.response.ok() && fresh.reusable()) Keep(std::move(fresh));
  return std::move(attempt.response);
}

std::size_t InstancePool::idle() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

std::optional<http::ClientConnection> InstancePool::TakeIdle() {
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
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back({std::move(connection), clock_.SteadyNow()});
}

Result<http::ClientConnection> InstancePool::Connect(SteadyTime deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.SteadyNow());
  if (left.count() <= 0) return DeadlineExceeded("no time was left to reach the instance");
  ASSIGN_OR_RETURN(
      UniqueFd socket,
      dialer_.Dial(id_, port_, std::min<std::chrono::milliseconds>(left, kDialTimeout)));
  return http::ClientConnection(std::move(socket), std::chrono::seconds(60));
}

}  // namespace sagebrush::serving
