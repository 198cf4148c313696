// SPDX-License-Identifier: Apache-2.0
// Dialer: what serving needs from whoever runs instances. apps/ plugs the orchestrator's agent hub in.
#pragma once

#include <chrono>
#include <string>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush::serving {

class Dialer {
 public:
  virtual ~Dialer() = default;
  // A connected stream socket to `port` on that instance's loopback. kUnavailable if the instance cannot be reached.
  // Any thread may call.
  virtual Result<UniqueFd> Dial(const std::string& instance_id, int port,
                                std::chrono::milliseconds timeout) = 0;
};

}  // namespace sagebrush::serving
