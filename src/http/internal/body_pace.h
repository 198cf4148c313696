// SPDX-License-Identifier: Apache-2.0
// How long the next bytes of a request's body may take: a pure rule, for the loop that reads short bodies and for handlers that
// read long ones. Silence ends a body after `stall`; and as a whole it gets `stall` and a second more for every `min_rate`
// bytes, so that what only drips does not keep a request for ever (0: it may).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sagebrush::http::internal {

struct BodyPace {
  std::chrono::milliseconds stall{0};
  std::uint64_t min_rate = 0;  // bytes a second

  // After so many bytes, for which the client was waited for so long.
  std::chrono::milliseconds Limit(std::uint64_t received, std::chrono::milliseconds waited) const {
    if (min_rate == 0) return stall;
    const std::chrono::milliseconds allowed =
        stall + std::chrono::milliseconds(received * 1000 / min_rate);
    return std::min(stall, allowed - waited);
  }
};

}  // namespace sagebrush::http::internal
