// SPDX-License-Identifier: Apache-2.0
#include "base/network.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <string>

#include "base/strings.h"

namespace sagebrush {

namespace {

constexpr int kBitsBeforeIpv4 = 96;
constexpr std::array<std::uint8_t, kBitsBeforeIpv4 / 8> kBeforeIpv4 = {0, 0, 0, 0, 0,    0,
                                                                       0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  IpAddress address;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) == 1) return address;
  std::ranges::copy(kBeforeIpv4, address.bytes_.begin());
  if (inet_pton(AF_INET, copy.c_str(), address.bytes_.data() + kBeforeIpv4.size()) == 1)
    return address;
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::Of(const sockaddr* socket) {
  IpAddress address;
  if (socket->sa_family == AF_INET) {
    std::ranges::copy(kBeforeIpv4, address.bytes_.begin());
    std::memcpy(address.bytes_.data() + kBeforeIpv4.size(),
                &reinterpret_cast<const sockaddr_in*>(socket)->sin_addr, 4);
  } else if (socket->sa_family == AF_INET6) {
    std::memcpy(address.bytes_.data(), &reinterpret_cast<const sockaddr_in6*>(socket)->sin6_addr,
                16);
  } else {
    return std::nullopt;
  }
  return address;
}

bool IpAddress::is_ipv4() const {
  return std::equal(kBeforeIpv4.begin(), kBeforeIpv4.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const {
  if (is_ipv4()) return bytes_[kBeforeIpv4.size()] == 127;
  constexpr std::array<std::uint8_t, 16> kOne = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return bytes_ == kOne;
}

Result<Network> Network::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view before = text.substr(0, slash);
  const auto address = IpAddress::Parse(before);
  if (!address)
    return InvalidArgument("'" + std::string(text) +
                           "' is no network: write one as 10.0.0.0/8, fd00::/8 or an address");
  // As it is written: the bits of ::ffff:10.0.0.0/104 are those of an IPv6 address.
  const int most = before.find(':') == std::string_view::npos ? 32 : 128;
  const auto bits = slash == std::string_view::npos ? std::optional<std::uint64_t>(most)
                                                    : ParseUint(text.substr(slash + 1));
  if (!bits || *bits > static_cast<std::uint64_t>(most))
    return InvalidArgument("'" + std::string(text) +
                           "' is no network: after the slash stands 0 to " + std::to_string(most));
  Network network;
  network.prefix_ = *address;
  network.bits_ = static_cast<int>(*bits) + (most == 32 ? kBitsBeforeIpv4 : 0);
  return network;
}

bool Network::Contains(const IpAddress& address) const {
  const bool is_ipv4 = prefix_.is_ipv4() && bits_ >= kBitsBeforeIpv4;
  if (is_ipv4 != address.is_ipv4()) return false;
  const auto whole = static_cast<std::size_t>(bits_) / 8;
  const auto& bytes = address.bytes_;
  if (!std::equal(bytes.begin(), bytes.begin() + whole, prefix_.bytes_.begin())) return false;
  const int rest = bits_ % 8;
  return rest == 0 || (bytes[whole] ^ prefix_.bytes_[whole]) >> (8 - rest) == 0;
}

}  // namespace sagebrush
