// SPDX-License-Identifier: Apache-2.0
// Exchange::ReadAll: what every exchange can do by its own Read. Same thread rule as the exchange.
#include "http/exchange.h"

#include <algorithm>
#include <string>

namespace sagebrush::http {

Result<std::string> Exchange::ReadAll(std::uint64_t limit) {
  constexpr std::size_t kStep = 64 << 10;
  const std::uint64_t told = content_length().value_or(0);
  const auto too_long = [&] {
    return ResourceExhausted("the request's body is longer than " + std::to_string(limit) +
                             " bytes");
  };
  if (told > limit) return too_long();

  std::string body;
  // What the client claims is believed only a step at a time; but memory for a small body is no larger than it.
  body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(told, 1 << 20)));
  std::size_t filled = 0;
  for (;;) {
    const std::size_t step =
        content_length() ? static_cast<std::size_t>(std::min<std::uint64_t>(kStep, told - filled))
                         : kStep;
    if (step == 0) break;
    body.resize(filled + step);
    ASSIGN_OR_RETURN(const std::size_t got, Read(body.data() + filled, step));
    filled += got;
    if (filled > limit) return too_long();
    if (got == 0) break;
  }
  body.resize(filled);
  return body;
}

}  // namespace sagebrush::http
