// SPDX-License-Identifier: Apache-2.0
#include "services/condition_keys.h"

#include "http/authority.h"

namespace sagebrush::services {

namespace {

constexpr int kAnyPort = 1;

// "127.0.0.1:5123" and "[::1]:5123" without the port.
std::string WithoutPort(const std::string& address) {
  const auto authority = http::ParseAuthority(address, kAnyPort);
  return authority ? authority->host : address;
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
