// SPDX-License-Identifier: Apache-2.0
#include "services/condition_keys.h"

#include <gtest/gtest.h>

#include "iam/decision.h"

namespace sagebrush::services {
namespace {

RequestContext AContext() {
  RequestContext context;
  context.region = "us-west-2";
  context.now = FromMillis(1'795'551'460'000);  // 2026-11-24T20:17:40Z
  context.user_agent = "Boto3/1";
  return context;
}

http::Peer Somebody(const std::string& address) {
  http::Peer peer;
  peer.address = address;
  return peer;
}

bool Holds(const std::string& condition, const http::Peer& peer) {
  const auto policy = iam::ParsePolicy(
      R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":)" + condition +
      "}}");
  return iam::Evaluate({policy.value()}, {.action = "s3:GetObject",
                                          .resource = "*",
                                          .context = GlobalConditionKeys(AContext(), peer)}) ==
         iam::Effect::kAllowed;
}

TEST(GlobalConditionKeys, SayFromWhereARequestCame) {
  const auto home = Somebody("192.168.1.7:5123");
  EXPECT_TRUE(Holds(R"({"IpAddress":{"aws:SourceIp":"192.168.0.0/16"}})", home));
  EXPECT_FALSE(Holds(R"({"NotIpAddress":{"aws:SourceIp":"192.168.0.0/16"}})", home));
  EXPECT_TRUE(Holds(R"({"IpAddress":{"aws:SourceIp":"::1"}})", Somebody("[::1]:80")));
  EXPECT_TRUE(Holds(R"({"Bool":{"aws:SecureTransport":"false"}})", home));
}

TEST(GlobalConditionKeys, HaveNoAddressForAnInstance) {
  auto instance = Somebody("instance i-1");
  instance.instance_id = "i-1";
  EXPECT_TRUE(Holds(R"({"Null":{"aws:SourceIp":"true"}})", instance));
}

TEST(GlobalConditionKeys, SayWhenAndToWhichRegion) {
  const auto home = Somebody("127.0.0.1:1");
  EXPECT_TRUE(Holds(R"({"DateLessThan":{"aws:CurrentTime":"2026-11-25T00:00:00Z"}})", home));
  EXPECT_FALSE(Holds(R"({"DateGreaterThan":{"aws:CurrentTime":"2026-11-25T00:00:00Z"}})", home));
  EXPECT_TRUE(Holds(R"({"NumericEquals":{"aws:EpochTime":"1795551460"}})", home));
  EXPECT_TRUE(Holds(R"({"StringEquals":{"aws:RequestedRegion":"us-west-2"}})", home));
  EXPECT_TRUE(Holds(R"({"StringLike":{"aws:UserAgent":"Boto3/*"}})", home));
}

}  // namespace
}  // namespace sagebrush::services
