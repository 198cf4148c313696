// SPDX-License-Identifier: Apache-2.0
#include "services/condition_keys.h"

namespace sagebrush::services {

namespace {

// "127.0.0.1:5123" and "[::1]:5123" without the port.
std::string WithoutPort(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return address;
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

std::map<std::string, std::string> GlobalConditionKeys(const RequestContext& context,
                                                       const http::Peer& peer) {
  std::map<std::string, std::string> keys{
      {"aws:CurrentTime", FormatIso8601(context.now)},
      {"aws:EpochTime", std::to_string(ToMillis(context.now) / 1000)},
      {"aws:SecureTransport", peer.is_tls ? "true" : "false"},
      {"aws:RequestedRegion", context.region},
      {"aws:UserAgent", context.user_agent},
      {"aws:PrincipalIsAWSService", "false"},
      {"aws:ViaAWSService", "false"},
  };
  if (peer.instance_id.empty()) keys["aws:SourceIp"] = WithoutPort(peer.address);
  return keys;
}

}  // namespace sagebrush::services
