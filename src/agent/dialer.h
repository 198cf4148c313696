// SPDX-License-Identifier: Apache-2.0
// Dialer answers the server's "dial": it connects to a port of the instance's own loopback and passes the socket, so that the
// server reaches the instance without entering its network namespace. Any thread may call; a few threads connect.
#pragma once

#include <cstdint>
#include <functional>

#include "base/json.h"
#include "base/status.h"
#include "base/thread_pool.h"

namespace sagebrush::agent {

class Dialer {
 public:
  using Send = std::function<Status(const Json& message, int fd)>;
  explicit Dialer(Send send);

  void Dial(std::int64_t id, int port);  // does not wait
  void Stop();

 private:
  void Connect(std::int64_t id, int port);
  void Fail(std::int64_t id, const std::string& error);

  const Send send_;
  ThreadPool pool_;
};

}  // namespace sagebrush::agent
