// SPDX-License-Identifier: Apache-2.0
#include "http/upstream_proxy.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>

#include "base/hash.h"
#include "base/strings.h"
#include "http/internal/head_parser.h"

namespace sagebrush::http {

namespace {

constexpr int kDefaultPort = 80;
constexpr int kAnyPort = -1;
constexpr std::string_view kUser = "upstream:";
constexpr std::string_view kBasic = "Basic ";

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

struct Address {
  std::array<unsigned char, 16> bytes{};
  int bits = 0;  // 32 or 128
};

std::optional<Address> ParseAddress(std::string_view text) {
  const std::string copy(text);
  Address address;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

bool IsInNetwork(const Address& address, std::string_view network) {
  const std::size_t slash = network.find('/');
  const auto base = ParseAddress(network.substr(0, slash));
  const auto bits = ParseUint(network.substr(slash + 1));
  if (!base || !bits || base->bits != address.bits ||
      *bits > static_cast<std::uint64_t>(base->bits))
    return false;
  for (unsigned bit = 0; bit < *bits; ++bit) {
    const unsigned char mask = static_cast<unsigned char>(0x80u >> (bit % 8));
    if (((address.bytes[bit / 8] ^ base->bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

bool Covers(std::string_view entry, std::string_view host, int port) {
  if (entry == "*") return true;
  const auto address = ParseAddress(host);
  if (entry.find('/') != std::string_view::npos) return address && IsInNetwork(*address, entry);
  // "name:port" and "[::1]:port", but not the colons of a bare IPv6 address.
  if (const auto named = internal::ParseAuthority(entry, kAnyPort);
      named && std::ranges::count(entry, ':') != 0 && !ParseAddress(entry)) {
    if (named->port != kAnyPort && named->port != port) return false;
    return Covers(named->host, host, port);
  }
  if (address) return EqualsIgnoreCase(entry, host);
  while (entry.starts_with('*') || entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty()) return false;
  const std::string name = ToLower(host);
  const std::string suffix = ToLower(entry);
  return name == suffix || name.ends_with("." + suffix);
}

bool IsLoopback(std::string_view host) {
  const auto address = ParseAddress(host);
  if (!address) return EqualsIgnoreCase(host, "localhost");
  if (address->bits == 32) return address->bytes[0] == 127;
  constexpr std::array<unsigned char, 16> kSix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return address->bytes == kSix;
}

}  // namespace

Result<UpstreamProxy> ParseUpstreamProxy(std::string_view url) {
  url = Trim(url);
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    if (!EqualsIgnoreCase(url.substr(0, scheme), "http"))
      return InvalidArgument("a proxy of the kind " + std::string(url.substr(0, scheme)) +
                             ":// cannot be asked; give one that begins with http://");
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find('/'));
  UpstreamProxy proxy;
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
    std::string_view password = url.substr(0, at);
    const std::size_t colon = password.find(':');
    const std::string_view user = password.substr(0, colon);
    password = colon == std::string_view::npos ? std::string_view() : password.substr(colon + 1);
    ASSIGN_OR_RETURN(const std::string plain_user, PercentDecode(user));
    ASSIGN_OR_RETURN(const std::string plain_password, PercentDecode(password));
    proxy.authorization = std::string(kBasic) + Base64Encode(plain_user + ":" + plain_password);
    url.remove_prefix(at + 1);
  }
  const auto authority = internal::ParseAuthority(url, kDefaultPort);
  if (!authority || authority->host.empty() || !IsPrintable(url))
    return InvalidArgument("'" + std::string(url) + "' is no address of a proxy (HOST:PORT)");
  proxy.host = authority->host;
  proxy.port = authority->port;
  return proxy;
}

std::optional<UpstreamProxy> UpstreamFor(const ProxySettings& settings, std::string_view host,
                                         int port) {
  if (Trim(settings.url).empty() || GoesPastProxy(settings.no_proxy, host, port))
    return std::nullopt;
  auto proxy = ParseUpstreamProxy(settings.url);
  if (!proxy.ok()) return std::nullopt;
  return std::move(*proxy);
}

std::string UserInfoFor(const ProxySettings& settings) {
  // Hexadecimal: safe in any URL.
  return std::string(kUser) + HexEncode(settings.url + "\n" + settings.no_proxy);
}

std::optional<ProxySettings> ProxySettingsOf(std::string_view proxy_authorization) {
  if (proxy_authorization.size() < kBasic.size() ||
      !EqualsIgnoreCase(proxy_authorization.substr(0, kBasic.size()), kBasic))
    return std::nullopt;
  const auto plain = Base64Decode(Trim(proxy_authorization.substr(kBasic.size())));
  if (!plain.ok() || !plain->starts_with(kUser)) return std::nullopt;
  const auto both = HexDecode(std::string_view(*plain).substr(kUser.size()));
  if (!both.ok()) return std::nullopt;
  const std::size_t end = both->find('\n');
  if (end == std::string::npos) return std::nullopt;
  return ProxySettings{both->substr(0, end), both->substr(end + 1)};
}

bool GoesPastProxy(std::string_view no_proxy, std::string_view host, int port) {
  if (IsLoopback(host)) return true;
  const std::string commas = ReplaceAll(std::string(no_proxy), " ", ",");
  for (const std::string_view entry : Split(commas, ','))
    if (const auto word = Trim(entry); !word.empty() && Covers(word, host, port)) return true;
  return false;
}

std::string ConnectRequestText(const UpstreamProxy& proxy, std::string_view host, int port) {
  const bool is_six = host.find(':') != std::string_view::npos;
  const std::string authority =
      (is_six ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
  std::string text = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!proxy.authorization.empty()) text += "Proxy-Authorization: " + proxy.authorization + "\r\n";
  return text + "\r\n";
}

int StatusOfAnswer(std::string_view head) {
  constexpr std::string_view kVersion = "HTTP/1.";
  if (!head.starts_with(kVersion) || head.size() < kVersion.size() + 5 ||
      head[kVersion.size() + 1] != ' ')
    return 0;
  const auto code = ParseUint(head.substr(kVersion.size() + 2, 3));
  return code ? static_cast<int>(*code) : 0;
}

}  // namespace sagebrush::http
