// SPDX-License-Identifier: Apache-2.0
#include "http/network.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <string>

#include "base/strings.h"

namespace sagebrush::http {
namespace {

constexpr int kBitsBeforeIpv4 = 96;

template <typename Bytes>
Bytes FromIpv4(const in_addr& address) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, &address, 4);
  return bytes;
}

}  // namespace

Result<Network> Network::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Network network;
  in_addr four{};
  int most = 128;
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) {
    network.prefix_ = FromIpv4<Bytes>(four);
    most = 32;
  } else if (inet_pton(AF_INET6, address.c_str(), network.prefix_.data()) != 1) {
    return InvalidArgument("'" + std::string(text) +
                           "' is no network: write one as 10.0.0.0/8, fd00::/8 or an address");
  }
  const auto bits = slash == std::string_view::npos ? std::optional<std::uint64_t>(most)
                                                    : ParseUint(text.substr(slash + 1));
  if (!bits || *bits > static_cast<std::uint64_t>(most))
    return InvalidArgument("'" + std::string(text) +
                           "' is no network: after the slash stands 0 to " + std::to_string(most));
  network.bits_ = static_cast<int>(*bits) + (most == 32 ? kBitsBeforeIpv4 : 0);
  return network;
}

bool Network::Contains(const sockaddr* address) const {
  Bytes bytes{};
  if (address->sa_family == AF_INET) {
    bytes = FromIpv4<Bytes>(reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  } else {
    return false;
  }
  const std::size_t whole = static_cast<std::size_t>(bits_) / 8;
  if (!std::equal(bytes.begin(), bytes.begin() + whole, prefix_.begin())) return false;
  const int rest = bits_ % 8;
  return rest == 0 || (bytes[whole] ^ prefix_[whole]) >> (8 - rest) == 0;
}

}  // namespace sagebrush::http
