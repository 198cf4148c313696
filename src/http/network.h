// SPDX-License-Identifier: Apache-2.0
// A block of addresses, "10.0.0.0/8" or "fd00::/8" or one address, and whether it holds another. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/status.h"

struct sockaddr;

namespace sagebrush::http {

class Network {
 public:
  static Result<Network> Parse(std::string_view text);

  // An IPv4 address inside IPv6 (::ffff:a.b.c.d) counts as the IPv4 address.
  bool Contains(const sockaddr* address) const;

 private:
  // Every address has 16 bytes here, IPv4 ones as ::ffff:a.b.c.d.
  using Bytes = std::array<std::uint8_t, 16>;

  Bytes prefix_{};
  int bits_ = 128;
};

}  // namespace sagebrush::http
