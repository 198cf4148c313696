// SPDX-License-Identifier: Apache-2.0
#include "http/upstream_proxy.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace sagebrush::http {
namespace {

TEST(UpstreamProxy, IsReadAsUsersWriteIt) {
  EXPECT_EQ(ParseUpstreamProxy("http://proxy.example:3128").value(),
            (UpstreamProxy{"proxy.example", 3128, ""}));
  EXPECT_EQ(ParseUpstreamProxy(" HTTP://proxy.example/ ").value(),
            (UpstreamProxy{"proxy.example", 80, ""}));
  EXPECT_EQ(ParseUpstreamProxy("10.0.0.1:8080").value(), (UpstreamProxy{"10.0.0.1", 8080, ""}));
  EXPECT_EQ(ParseUpstreamProxy("http://[fd00::1]:8080").value(),
            (UpstreamProxy{"fd00::1", 8080, ""}));
  EXPECT_EQ(ParseUpstreamProxy("http://me:p%40ss%3aword@proxy:3128").value(),
            (UpstreamProxy{"proxy", 3128, "Basic " + Base64Encode("me:p@ss:word")}));
  EXPECT_EQ(ParseUpstreamProxy("http://me@proxy:3128").value().authorization,
            "Basic " + Base64Encode("me:"));
}

TEST(UpstreamProxy, OfAnotherKindIsRefused) {
  for (const char* url : {"socks5://proxy:1080", "https://proxy:443", "", "http://", "http://:1",
                          "http://a b:1", "http://proxy:99999", "http://proxy:x"})
    EXPECT_FALSE(ParseUpstreamProxy(url).ok()) << url;
}

TEST(ProxySettings, TravelInThePasswordForOurs) {
  const ProxySettings settings{"http://me:p%40ss@proxy.example:3128/", ".intra.example,*.com"};
  const std::string info = UserInfoFor(settings);

  EXPECT_EQ(info.find_first_not_of("upstream:0123456789abcdef"), std::string::npos);
  EXPECT_EQ(ProxySettingsOf("Basic " + Base64Encode(info)), settings);
  for (const std::string& other :
       {std::string(), std::string("Basic"), std::string("Bearer x"), std::string("Basic !!!"),
        "Basic " + Base64Encode("me:password"), "Basic " + Base64Encode("upstream:zz"),
        "Basic " + Base64Encode("upstream:6161")})
    EXPECT_EQ(ProxySettingsOf(other), std::nullopt) << other;
}

TEST(ProxySettings, NameAProxyWhereOneIsToBeAsked) {
  const ProxySettings settings{"http://proxy:3128", "intra.example"};

  EXPECT_EQ(UpstreamFor(settings, "pypi.org", 443), (UpstreamProxy{"proxy", 3128, ""}));
  EXPECT_EQ(UpstreamFor(settings, "git.intra.example", 443), std::nullopt);
  EXPECT_EQ(UpstreamFor({}, "pypi.org", 443), std::nullopt);
  EXPECT_EQ(UpstreamFor({"socks5://proxy:1080", ""}, "pypi.org", 443), std::nullopt);
}

TEST(GoesPastProxy, ReadsTheListAsClientsDo) {
  struct {
    const char* list;
    const char* host;
    int port;
    bool past;
  } const cases[] = {
      {"", "pypi.org", 443, false},
      {"", "localhost", 1, true},
      {"", "127.8.8.8", 1, true},
      {"", "::1", 1, true},
      {"*", "pypi.org", 443, true},
      {"example.com", "example.com", 443, true},
      {"example.com", "a.EXAMPLE.com", 443, true},
      {".example.com, x", "a.example.com", 443, true},
      {"x *.example.com", "a.example.com", 443, true},
      {"example.com", "badexample.com", 443, false},
      {"example.com:8443", "example.com", 8443, true},
      {"example.com:8443", "example.com", 443, false},
      {"10.0.0.1", "10.0.0.1", 443, true},
      {"10.0.0.1", "10.0.0.11", 443, false},
      {"0.0.1", "10.0.0.1", 443, false},
      {"10.0.0.0/8", "10.200.1.1", 443, true},
      {"10.0.0.0/8", "11.0.0.1", 443, false},
      {"192.168.4.0/22", "192.168.7.255", 443, true},
      {"192.168.4.0/22", "192.168.8.0", 443, false},
      {"10.0.0.0/8", "ten.example", 443, false},
      {"fd00::/8", "fd12::1", 443, true},
      {"fd12::1", "fd12::1", 443, true},
      {"fd12:0::1", "FD12::1", 443, true},
      {"[fd12::1]:80", "fd12::1", 80, true},
      {"[fd12::1]:80", "fd12::1", 443, false},
      {"[fd12::1]", "fd12::1", 443, true},
      {"10.0.0.1:80", "10.0.0.1", 80, true},
      {"10.0.0.1:80", "10.0.0.1", 443, false},
      {".example.com:80", "a.example.com", 80, true},
      {"0.0.0.0/0", "fd12::1", 443, false},
      {"::/0", "10.0.0.1", 443, false},
      {"10.0.0.0/99, /, :, ., ,", "10.0.0.1", 443, false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(GoesPastProxy(c.list, c.host, c.port), c.past) << c.list << " | " << c.host;
}

TEST(ConnectRequestText, NamesTheHostAndTheUser) {
  EXPECT_EQ(ConnectRequestText({"p", 1, "Basic eA=="}, "pypi.org", 443),
            "CONNECT pypi.org:443 HTTP/1.1\r\nHost: pypi.org:443\r\nProxy-Authorization: Basic "
            "eA==\r\n\r\n");
  EXPECT_EQ(ConnectRequestText({"p", 1, ""}, "fd00::1", 8),
            "CONNECT [fd00::1]:8 HTTP/1.1\r\nHost: [fd00::1]:8\r\n\r\n");
}

TEST(StatusOfAnswer, IsTheCodeOfAnHttpAnswer) {
  EXPECT_EQ(StatusOfAnswer("HTTP/1.0 200 Connection established\r\n\r\n"), 200);
  EXPECT_EQ(StatusOfAnswer("HTTP/1.1 407\r\n\r\n"), 407);
  for (const char* other :
       {"", "SSH-2.0-x", "HTTP/1.1", "HTTP/1.1 2", "HTTP/2 200 OK\r\n", "HTTP/1.1 abc"})
    EXPECT_EQ(StatusOfAnswer(other), 0) << other;
}

}  // namespace
}  // namespace sagebrush::http
