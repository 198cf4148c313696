// SPDX-License-Identifier: Apache-2.0
// IP addresses and blocks of them, as people write them: "10.0.0.1", "10.0.0.0/8", "fd00::/8". The trick: every address has 16
// bytes, an IPv4 one those of its form inside IPv6 (::ffff:a.b.c.d), so both forms of an address are one value. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"

struct sockaddr;

namespace sagebrush {

class IpAddress {
 public:
  // The whole text, without brackets, port or zone; IPv4 in four decimal parts only.
  static std::optional<IpAddress> Parse(std::string_view text);
  // Nothing for a socket of another family.
  static std::optional<IpAddress> Of(const sockaddr* address);

  bool is_ipv4() const;
  bool is_loopback() const;
  bool operator==(const IpAddress&) const = default;

 private:
  friend class Network;
  std::array<std::uint8_t, 16> bytes_{};
};

// A block of addresses, or one address.
class Network {
 public:
  static Result<Network> Parse(std::string_view text);

  // IPv4 networks hold IPv4 addresses alone, and IPv6 networks none of them: not even ::/0.
  bool Contains(const IpAddress& address) const;

 private:
  IpAddress prefix_;
  int bits_ = 128;
};

}  // namespace sagebrush
