// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/connect_policy.h"

#include "aws/aws_host.h"

namespace sagebrush::apps {

http::ConnectDecision DecideConnect(
    const http::Peer& peer, std::string_view host,
    const std::shared_ptr<const std::vector<Network>>& instance_networks) {
  using Action = http::ConnectDecision::Action;
  if (peer.is_isolated)
    return {.action = Action::kRefuse,
            .reason = "This instance has no network (EnableNetworkIsolation)."};
  if (aws::IsAwsHost(host)) return {.action = Action::kServe, .reason = {}};
  if (!peer.instance_id.empty())
    return {.action = Action::kTunnel,
            .reason = {},
            .public_addresses_only = true,
            .also_allowed = instance_networks};
  if (peer.is_loopback) return {.action = Action::kTunnel, .reason = {}};
  return {.action = Action::kRefuse,
          .reason =
              "This proxy serves *.amazonaws.com; other hosts only for users on its own machine."};
}

}  // namespace sagebrush::apps
