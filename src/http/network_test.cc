// SPDX-License-Identifier: Apache-2.0
#include "http/network.h"

#include <arpa/inet.h>
#include <cstring>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>

namespace sagebrush::http {
namespace {

bool Contains(const std::string& network, const std::string& address) {
  const auto parsed = Network::Parse(network);
  EXPECT_TRUE(parsed.ok()) << network;
  sockaddr_storage storage{};
  auto* four = reinterpret_cast<sockaddr_in*>(&storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, address.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, address.c_str(), &six->sin6_addr), 1) << address;
    six->sin6_family = AF_INET6;
  }
  return parsed.ok() && parsed->Contains(reinterpret_cast<const sockaddr*>(&storage));
}

TEST(Network, HoldsWhatHasItsPrefix) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(Contains("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(Contains("127.0.0.2", "127.0.0.2"));
  EXPECT_FALSE(Contains("127.0.0.2", "127.0.0.1"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_TRUE(Contains("fd00::/8", "fdab::1"));
  EXPECT_FALSE(Contains("fd00::/8", "fe80::1"));
  EXPECT_TRUE(Contains("::1", "::1"));
}

TEST(Network, Ipv4InsideIpv6IsIpv4) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "::ffff:11.1.2.3"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
}

TEST(Network, WhatIsNoneIsRefused) {
  for (const char* text : {"", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "fd00::/129",
                           "example.com", "10.0.0.0/-1", " 10.0.0.0"})
    EXPECT_FALSE(Network::Parse(text).ok()) << text;
}

}  // namespace
}  // namespace sagebrush::http
