// SPDX-License-Identifier: Apache-2.0
#include "base/network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/un.h>

namespace sagebrush {
namespace {

bool Contains(std::string_view network, std::string_view address) {
  const auto parsed = Network::Parse(network);
  const auto looked_for = IpAddress::Parse(address);
  EXPECT_TRUE(parsed.ok()) << network;
  EXPECT_TRUE(looked_for) << address;
  return parsed.ok() && looked_for && parsed->Contains(*looked_for);
}

TEST(IpAddress, IsOneValueInBothItsForms) {
  EXPECT_EQ(IpAddress::Parse("10.1.2.3"), IpAddress::Parse("::ffff:10.1.2.3"));
  EXPECT_EQ(IpAddress::Parse("::ffff:a01:203"), IpAddress::Parse("10.1.2.3"));
  EXPECT_TRUE(IpAddress::Parse("::ffff:10.1.2.3")->is_ipv4());
  EXPECT_FALSE(IpAddress::Parse("::10.1.2.3")->is_ipv4());
  EXPECT_EQ(IpAddress::Parse("FD00:0::1"), IpAddress::Parse("fd00::1"));
}

TEST(IpAddress, OfASocketIsThatOfItsText) {
  sockaddr_in four{};
  four.sin_family = AF_INET;
  ASSERT_EQ(inet_pton(AF_INET, "10.1.2.3", &four.sin_addr), 1);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  ASSERT_EQ(inet_pton(AF_INET6, "fd00::1", &six.sin6_addr), 1);
  sockaddr_un other{};
  other.sun_family = AF_UNIX;

  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr*>(&four)), IpAddress::Parse("10.1.2.3"));
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr*>(&six)), IpAddress::Parse("fd00::1"));
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr*>(&other)), std::nullopt);
}

TEST(IpAddress, LoopbackIsAllOf127AndOneAddressOfIpv6) {
  for (const char* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(IpAddress::Parse(text)->is_loopback()) << text;
  for (const char* text : {"0.0.0.0", "128.0.0.1", "10.0.0.1", "::", "::2", "fe80::1"})
    EXPECT_FALSE(IpAddress::Parse(text)->is_loopback()) << text;
}

TEST(IpAddress, WhatIsNoneIsNothing) {
  for (const std::string_view text :
       {"", " ", "10", "10.1", "010.0.0.1", "10.0.0.256", "10.0.0.1.", "10.0.0.1 ", " 10.0.0.1",
        "0x7f.0.0.1", "10.0.0.1:80", "[::1]", "fe80::1%eth0", "::1::", ":", "1:2:3:4:5:6:7:8:9",
        "localhost", "::ffff:10.0.0.300"})
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  EXPECT_FALSE(IpAddress::Parse(std::string_view("10.0.0.1\0.example", 17)));
}

TEST(Network, HoldsWhatHasItsPrefix) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(Contains("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(Contains("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(Contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_TRUE(Contains("fd00::/8", "fdab::1"));
  EXPECT_FALSE(Contains("fd00::/8", "fe80::1"));
  EXPECT_TRUE(Contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(Contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(Contains("::/0", "fd00::1"));
}

TEST(Network, BitsBehindThePrefixSayNothing) {
  EXPECT_TRUE(Contains("10.1.2.3/8", "10.200.0.1"));
  EXPECT_TRUE(Contains("fdab::9/8", "fd00::1"));
}

TEST(Network, OneAddressHoldsItself) {
  EXPECT_TRUE(Contains("127.0.0.2", "127.0.0.2"));
  EXPECT_FALSE(Contains("127.0.0.2", "127.0.0.1"));
  EXPECT_TRUE(Contains("127.0.0.2/32", "127.0.0.2"));
  EXPECT_FALSE(Contains("127.0.0.2/32", "127.0.0.3"));
  EXPECT_TRUE(Contains("::1", "::1"));
  EXPECT_FALSE(Contains("::2/128", "::3"));
}

TEST(Network, Ipv4InsideIpv6IsIpv4) {
  EXPECT_TRUE(Contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(Contains("10.0.0.0/8", "::ffff:11.1.2.3"));
  EXPECT_TRUE(Contains("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(Contains("::ffff:10.0.0.0/104", "11.1.2.3"));
}

TEST(Network, TheTwoKindsHoldNothingOfEachOther) {
  EXPECT_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::1"));
  EXPECT_FALSE(Contains("::/0", "10.0.0.1"));
  EXPECT_FALSE(Contains("::ffff:0:0/90", "10.0.0.1"));
}

TEST(Network, WhatIsNoneIsRefused) {
  for (const std::string_view text :
       {"", "/", "/8", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8/8",
        "10.0.0.0/ 8", "10.0.0.0/+8", "10.0.0.0/-1", "10.0.0.0/18446744073709551616", "fd00::/129",
        "::ffff:10.0.0.0/129", "[fd00::]/8", "example.com", "example.com/8", " 10.0.0.0",
        "10.0.0.0 "})
    EXPECT_EQ(Network::Parse(text).status().code(), Code::kInvalidArgument) << text;
}

}  // namespace
}  // namespace sagebrush
