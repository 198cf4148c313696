// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/upstream_choice.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace sagebrush::apps {
namespace {

const std::string kHost = "pypi.org";

http::Peer From(const char* address, bool is_loopback, const char* instance) {
  http::Peer peer;
  peer.address = address;
  peer.is_loopback = is_loopback;
  peer.instance_id = instance;
  return peer;
}
http::Peer User() { return From("127.0.0.1:5", true, ""); }
http::Peer Stranger() { return From("10.0.0.9:5", false, ""); }
http::Peer Job() { return From("instance i-1", false, "i-1"); }

std::string Asking(const http::ProxySettings& settings) {
  return "Basic " + Base64Encode(http::UserInfoFor(settings));
}

// "host:port", or "" for none.
std::string Chosen(const UpstreamChoice& choice, const http::Peer& peer,
                   const std::string& authorization = "") {
  const auto proxy = choice.For({peer, kHost, 443, authorization});
  return proxy ? proxy->host + ":" + std::to_string(proxy->port) : "";
}

TEST(UpstreamChoice, AUsersOwnProxyComesBeforeTheServers) {
  const UpstreamChoice choice({"http://servers:1", ""});

  EXPECT_EQ(Chosen(choice, User(), Asking({"http://mine:2", ""})), "mine:2");
  EXPECT_EQ(Chosen(choice, User(), Asking({"", ""})), "");
  EXPECT_EQ(Chosen(choice, User(), Asking({"http://mine:2", "pypi.org"})), "");
  EXPECT_EQ(Chosen(choice, User()), "servers:1");
  EXPECT_EQ(Chosen(choice, User(), "Basic !!!"), "servers:1");
}

TEST(UpstreamChoice, OnlyAUserOfThisMachineChooses) {
  const UpstreamChoice choice({"http://servers:1", ""});
  const std::string mine = Asking({"http://mine:2", ""});

  EXPECT_EQ(Chosen(choice, Job(), mine), "servers:1");
  EXPECT_EQ(Chosen(choice, Stranger(), mine), "servers:1");
}

TEST(UpstreamChoice, TheServersNoProxyGoesStraightOut) {
  EXPECT_EQ(Chosen(UpstreamChoice({"http://servers:1", "pypi.org"}), Job()), "");
  EXPECT_EQ(Chosen(UpstreamChoice({"", ""}), Job()), "");
}

TEST(UpstreamChoice, AServerNeverAsksItself) {
  UpstreamChoice choice({"http://127.0.0.1:7070", ""});
  choice.ListensOn(7070);

  EXPECT_EQ(Chosen(choice, Job()), "");
  EXPECT_EQ(Chosen(choice, User(), Asking({"http://localhost:7070", ""})), "");
  EXPECT_EQ(Chosen(choice, User(), Asking({"http://[::1]:7070", ""})), "");
  EXPECT_EQ(Chosen(choice, User(), Asking({"http://127.0.0.1:7071", ""})), "127.0.0.1:7071");
  EXPECT_EQ(Chosen(choice, User(), Asking({"http://elsewhere:7070", ""})), "elsewhere:7070");
}

TEST(OwnSettings, TheOptionComesBeforeTheEnvironment) {
  const services::Environment environment = {{"HTTPS_PROXY", "http://env:1"}, {"NO_PROXY", "a.b"}};

  EXPECT_EQ(UpstreamChoice::OwnSettings("http://option:2", environment).value(),
            (http::ProxySettings{"http://option:2", "a.b"}));
  EXPECT_EQ(UpstreamChoice::OwnSettings("", environment).value(),
            (http::ProxySettings{"http://env:1", "a.b"}));
  EXPECT_EQ(UpstreamChoice::OwnSettings("", {}).value(), http::ProxySettings{});
}

TEST(OwnSettings, WhatIsNoProxyIsRefusedAsAnOptionAndLeftOutOfTheEnvironment) {
  const auto refused = UpstreamChoice::OwnSettings("socks5://p:1", {});
  EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
  EXPECT_TRUE(refused.status().message().starts_with("--upstream-proxy"));

  EXPECT_EQ(UpstreamChoice::OwnSettings("", {{"HTTPS_PROXY", "socks5://p:1"}}).value(),
            http::ProxySettings{});
}

}  // namespace
}  // namespace sagebrush::apps
