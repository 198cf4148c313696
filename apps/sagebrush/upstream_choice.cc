// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/upstream_choice.h"

#include "base/log.h"

namespace sagebrush::apps {

Result<http::ProxySettings> UpstreamChoice::OwnSettings(const std::string& option,
                                                        const services::Environment& environment) {
  http::ProxySettings settings = services::UserProxy(services::UserEnvironment(environment));
  if (!option.empty()) settings.url = option;
  if (settings.url.empty()) return settings;
  const auto proxy = http::ParseUpstreamProxy(settings.url);
  if (proxy.ok()) {
    LogInfo("server",
            "tunnels go through the proxy " + proxy->host + ":" + std::to_string(proxy->port));
    return settings;
  }
  if (!option.empty()) return proxy.status().WithContext("--upstream-proxy");
  LogWarning("server", "HTTPS_PROXY is left out of account, tunnels go straight out: " +
                           proxy.status().message());
  return http::ProxySettings{};
}

std::optional<http::UpstreamProxy> UpstreamChoice::For(const http::ConnectRequest& asked) const {
  std::optional<http::ProxySettings> users;
  if (asked.peer.instance_id.empty() && asked.peer.is_loopback)
    users = http::ProxySettingsOf(asked.proxy_authorization);
  auto proxy = http::UpstreamFor(users ? *users : own_, asked.host, asked.port);
  // Loopback "goes past" every proxy, which tells whether the proxy is on this machine.
  const bool is_ours = proxy && proxy->port == port_ && http::GoesPastProxy("", proxy->host, 0);
  return is_ours ? std::nullopt : proxy;
}

}  // namespace sagebrush::apps
