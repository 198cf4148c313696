// SPDX-License-Identifier: Apache-2.0
#include "http/upstream_proxy.h"

#include <algorithm>

#include "base/hash.h"
#include "base/network.h"
#include "base/strings.h"
#include "http/authority.h"

namespace sagebrush::http {

namespace {

constexpr int kDefaultPort = 80;
constexpr std::string_view kUser = "upstream:";
constexpr std::string_view kBasic = "Basic ";

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool Covers(std::string_view entry, std::string_view host, int port) {
  if (entry == "*") return true;
  const auto address = IpAddress::Parse(host);
  if (const auto network = Network::Parse(entry); network.ok())
    return address && network->Contains(*address);
  if (entry.find(':') != std::string_view::npos)
    if (const auto named = ParseAuthority(entry, port); named)
      return named->port == port && Covers(named->host, host, port);
  if (address) return false;
  while (entry.starts_with('*') || entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty()) return false;
  const std::string name = ToLower(host);
  const std::string suffix = ToLower(entry);
  return name == suffix || name.ends_with("." + suffix);
}

bool IsLoopback(std::string_view host) {
  const auto address = IpAddress::Parse(host);
  return address ? address->is_loopback() : EqualsIgnoreCase(host, "localhost");
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
  const auto authority = ParseAuthority(url, kDefaultPort);
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
  const std::string authority = Authority{std::string(host), port}.ToString();
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
