// SPDX-License-Identifier: Apache-2.0
// The proxy that stands between this machine and the internet: read from a URL as users have it in
// HTTPS_PROXY, and handed to our own proxy by a client, in the password it gives us: so each shell's
// own proxy is asked for that shell's tunnels, and the server keeps nothing. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sagebrush::http {

struct UpstreamProxy {
  std::string host;
  int port = 0;
  std::string authorization;  // "Basic …", or empty
  bool operator==(const UpstreamProxy&) const = default;
};

// "http://user:password@proxy.example:3128", the scheme may be missing. kInvalidArgument for SOCKS,
// for proxies that speak TLS themselves, and for what is no URL.
Result<UpstreamProxy> ParseUpstreamProxy(std::string_view url);

// How somebody reaches the internet: her HTTPS_PROXY and NO_PROXY, each may be empty.
struct ProxySettings {
  std::string url;
  std::string no_proxy;
  bool operator==(const ProxySettings&) const = default;
};
// The proxy to ask for this host; nothing: it is reached directly. An address that is no proxy's is none.
std::optional<UpstreamProxy> UpstreamFor(const ProxySettings& settings, std::string_view host,
                                         int port);

// What comes before '@' in the URL of our own proxy, and what Proxy-Authorization then brings back.
std::string UserInfoFor(const ProxySettings& settings);
std::optional<ProxySettings> ProxySettingsOf(std::string_view proxy_authorization);

// NO_PROXY as curl, Python and Go read it: "*", names and what ends in them, addresses, networks
// (10.0.0.0/8), each with or without a port. Loopback never goes through a proxy.
bool GoesPastProxy(std::string_view no_proxy, std::string_view host, int port);

// What the proxy is asked with, and what its answer says: the status code, or 0 for no HTTP.
std::string ConnectRequestText(const UpstreamProxy& proxy, std::string_view host, int port);
int StatusOfAnswer(std::string_view head);

}  // namespace sagebrush::http
