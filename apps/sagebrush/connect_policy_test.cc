// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/connect_policy.h"

#include <gtest/gtest.h>

namespace sagebrush::apps {
namespace {

using Action = http::ConnectDecision::Action;

struct Asking {
  bool is_loopback = false;
  const char* instance = "";
  bool is_isolated = false;
};

http::ConnectDecision Decide(const Asking& who, std::string_view host) {
  http::Peer peer;
  peer.is_loopback = who.is_loopback;
  peer.instance_id = who.instance;
  peer.is_isolated = who.is_isolated;
  return DecideConnect(peer, host, std::make_shared<const std::vector<Network>>(1));
}

constexpr Asking kUser{.is_loopback = true};
constexpr Asking kStranger{};
constexpr Asking kJob{.instance = "i-1"};
constexpr Asking kIsolatedJob{.instance = "i-1", .is_isolated = true};

TEST(ConnectPolicy, AwssHostsAreServedToAllWhoHaveANetwork) {
  for (const Asking& who : {kUser, kStranger, kJob})
    for (const char* host :
         {"sts.us-west-2.amazonaws.com", "S3.AmazonAWS.com", "s3.amazonaws.com."})
      EXPECT_EQ(Decide(who, host).action, Action::kServe) << host;
}

TEST(ConnectPolicy, AnIsolatedInstanceReachesNothing) {
  for (const char* host : {"sts.us-west-2.amazonaws.com", "pypi.org"}) {
    const auto decision = Decide(kIsolatedJob, host);
    EXPECT_EQ(decision.action, Action::kRefuse);
    EXPECT_NE(decision.reason.find("EnableNetworkIsolation"), std::string::npos);
  }
}

TEST(ConnectPolicy, AJobReachesPublicAddressesAndWhatWasAllowedBeside) {
  const auto decision = Decide(kJob, "pypi.org");

  EXPECT_EQ(decision.action, Action::kTunnel);
  EXPECT_TRUE(decision.public_addresses_only);
  EXPECT_EQ(decision.also_allowed->size(), 1U);
}

TEST(ConnectPolicy, AUserOfThisMachineReachesEverythingAndAStrangerNothing) {
  const auto decision = Decide(kUser, "10.0.0.1");

  EXPECT_EQ(decision.action, Action::kTunnel);
  EXPECT_FALSE(decision.public_addresses_only);
  for (const char* host : {"pypi.org", "10.0.0.1", "sts.amazonaws.com.evil.org"})
    EXPECT_EQ(Decide(kStranger, host).action, Action::kRefuse) << host;
}

}  // namespace
}  // namespace sagebrush::apps
