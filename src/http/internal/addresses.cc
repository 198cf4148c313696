// SPDX-License-Identifier: Apache-2.0
// The table of what is not public follows the IANA special-purpose address registries (RFC 6890 and its updates).
#include "http/internal/addresses.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>

#include "base/network.h"
#include "http/authority.h"

namespace sagebrush::http::internal {
namespace {

struct Block4 {
  std::uint32_t prefix;
  int bits;
};

constexpr Block4 kNotPublic4[] = {
    {0x00000000, 8},   // 0/8 "this network"
    {0x0a000000, 8},   // 10/8 private
    {0x64400000, 10},  // 100.64/10 carriers' shared space
    {0x7f000000, 8},   // 127/8 loopback
    {0xa9fe0000, 16},  // 169.254/16 link-local, cloud metadata
    {0xac100000, 12},  // 172.16/12 private
    {0xc0000000, 24},  // 192.0.0/24 protocol assignments
    {0xc0000200, 24},  // 192.0.2/24 documentation
    {0xc0586300, 24},  // 192.88.99/24 old 6to4 relays
    {0xc0a80000, 16},  // 192.168/16 private
    {0xc6120000, 15},  // 198.18/15 benchmarks
    {0xc6336400, 24},  // 198.51.100/24 documentation
    {0xcb007100, 24},  // 203.0.113/24 documentation
    {0xe0000000, 3},   // 224/4 multicast and 240/4 reserved, with broadcast
};

bool IsPublic4(std::uint32_t address) {
  return std::none_of(std::begin(kNotPublic4), std::end(kNotPublic4), [&](const Block4& block) {
    return (address ^ block.prefix) >> (32 - block.bits) == 0;
  });
}

std::uint32_t Load4(const std::uint8_t* bytes) {
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) |
         (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

bool AllZero(const std::uint8_t* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](std::uint8_t byte) { return byte == 0; });
}

bool IsPublic6(const std::uint8_t* a) {
  if (AllZero(a, 10) && a[10] == 0xff && a[11] == 0xff)
    return IsPublic4(Load4(a + 12));                                   // ::ffff:a.b.c.d
  if (a[0] == 0x00 && a[1] == 0x64 && a[2] == 0xff && a[3] == 0x9b) {  // 64:ff9b::/96 NAT64
    return AllZero(a + 4, 8) && IsPublic4(Load4(a + 12));
  }
  if ((a[0] & 0xe0) != 0x20)
    return false;  // only 2000::/3 is global unicast: no ::, ::1, fc00::/7, fe80::/10, ff00::/8
  if (a[0] == 0x20 && a[1] == 0x02) return IsPublic4(Load4(a + 2));  // 2002::/16 6to4
  if (a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xfe) == 0)
    return false;  // 2001::/23, Teredo among them
  if (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8) return false;  // documentation
  if (a[0] == 0x3f && a[1] == 0xff && (a[2] & 0xf0) == 0) return false;  // 3fff::/20 documentation
  return true;
}

}  // namespace

bool Endpoint::is_public() const {
  if (family() == AF_INET)
    return IsPublic4(ntohl(reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr));
  if (family() == AF_INET6)
    return IsPublic6(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr.s6_addr);
  return false;
}

bool Endpoint::is_loopback() const {
  const auto ip = IpAddress::Of(get());
  return ip && ip->is_loopback();
}

std::string Endpoint::host() const {
  char text[INET6_ADDRSTRLEN] = "?";
  if (family() == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr, text,
              sizeof text);
  } else if (family() == AF_INET6) {
    const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
      inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof text);
    } else {
      inet_ntop(AF_INET6, &six, text, sizeof text);
    }
  }
  return text;
}

int Endpoint::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  if (family() == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return 0;
}

std::string Endpoint::ToString() const { return Authority{host(), port()}.ToString(); }

Result<Endpoint> LocalEndpoint(int fd) {
  Endpoint local;
  local.size = sizeof local.address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local.address), &local.size) != 0)
    return LastErrno("cannot find the address of a socket");
  return local;
}

Result<std::vector<Endpoint>> Resolve(const std::string& host, int port, bool passive) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0)
    return NotFound("cannot find the address of '" + host + "': " + gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Endpoint endpoint;
    std::memcpy(&endpoint.address, entry->ai_addr, entry->ai_addrlen);
    endpoint.size = entry->ai_addrlen;
    endpoints.push_back(endpoint);
  }
  std::stable_sort(endpoints.begin(), endpoints.end(), [](const Endpoint& a, const Endpoint& b) {
    return a.family() == AF_INET && b.family() != AF_INET;
  });
  return endpoints;
}

}  // namespace sagebrush::http::internal
