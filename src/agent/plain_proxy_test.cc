// SPDX-License-Identifier: Apache-2.0
#include "agent/plain_proxy.h"

#include <gtest/gtest.h>

namespace sagebrush::agent {
namespace {

TEST(PlainProxy, OnlyRequestsForOtherHostsAreTurned) {
  for (const char* text :
       {"GET http://example.com/", "POST HTTP://example.com:8080/x HTTP/1.1",
        "GET http://127.0.0.2:80?x HTTP/1.1", "GET http://amazonaws.com.example/ HTTP/1.1",
        "GET http://s3.amazonaws.com@example.com/ HTTP/1.1"})
    EXPECT_EQ(ReadOpening(text), Opening::kPlainProxy) << text;
  for (const char* text :
       {"GET / HTTP/1.1", "CONNECT example.com:443 HTTP/1.1", "question", "\x16\x03\x01",
        "GET https://example.com/", "GET http://s3.us-west-2.amazonaws.com/b HTTP/1.1",
        "GET http://S3.amazonaws.com:80/ HTTP/1.1", "GET http://me@s3.amazonaws.com/ HTTP/1.1",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
    EXPECT_EQ(ReadOpening(text), Opening::kPassThrough) << text;
  for (const char* text : {"", "GE", "GET ", "GET h", "GET http://exam"})
    EXPECT_EQ(ReadOpening(text), Opening::kUndecided) << text;
}

TEST(PlainProxy, TheRequestInsideTheTunnelIsAnOrdinaryOne) {
  const auto turned = TurnIntoTunnel(
      "POST http://user@example.com:8080/a/b?c=d HTTP/1.1\r\nHost: example.com:8080\r\n"
      "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nConnection: keep-alive\r\n"
      "Content-Length: 4\r\n\r\nbody");

  ASSERT_TRUE(turned.ok() && turned->has_value());
  EXPECT_EQ((*turned)->connect,
            "CONNECT example.com:8080 HTTP/1.1\r\nHost: example.com:8080\r\n\r\n");
  EXPECT_EQ((*turned)->request,
            "POST /a/b?c=d HTTP/1.1\r\nHost: example.com:8080\r\nContent-Length: 4\r\n"
            "Connection: close\r\n\r\nbody");
}

TEST(PlainProxy, APortAndAPathAreAdded) {
  const auto turned = TurnIntoTunnel("GET http://[::1] HTTP/1.1\r\nHost: [::1]\r\n\r\n");

  ASSERT_TRUE(turned.ok() && turned->has_value());
  EXPECT_TRUE((*turned)->connect.starts_with("CONNECT [::1]:80 HTTP/1.1\r\n"));
  EXPECT_TRUE((*turned)->request.starts_with("GET / HTTP/1.1\r\n"));
}

TEST(PlainProxy, AHalfHeadWaitsAndABrokenOneIsRefused) {
  const auto half = TurnIntoTunnel("GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n");
  EXPECT_TRUE(half.ok() && !half->has_value());
  EXPECT_FALSE(TurnIntoTunnel("GET http:///x HTTP/1.1\r\n\r\n").ok());
  EXPECT_FALSE(TurnIntoTunnel("GET http://x\r\n\r\n").ok());
  EXPECT_FALSE(TurnIntoTunnel("GET http://x:99999/ HTTP/1.1\r\n\r\n").ok());
}

}  // namespace
}  // namespace sagebrush::agent
