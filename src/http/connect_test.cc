// SPDX-License-Identifier: Apache-2.0
// TLS on the same port, CONNECT in its three forms, and TLS inside TLS, through real sockets.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "http/internal/addresses.h"
#include "http/internal/test_client.h"
#include "http/server.h"

namespace sagebrush::http {
namespace {

using internal::Endpoint;
using internal::kPatience;
using internal::RawClient;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ConnectTest : public testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.certificates = authority_.get();
    options.on_connect = [this](const ConnectRequest& asked) {
      asked_ = asked.host + ":" + std::to_string(asked.port);
      return decision_;
    };
    server_ = Server::Create(options, [](Exchange& exchange) {
                const Peer& peer = exchange.request().peer;
                const auto body = exchange.ReadAll(32 << 20);
                (void)exchange
                    .Send({200,
                           {},
                           "host=" + peer.connect_host + " tls=" + (peer.is_tls ? "yes" : "no") +
                               " body=" + std::to_string(body.value_or("").size())})
                    .ok();
              }).value();
    port_ = server_->ListenTcp("127.0.0.1", 0).value();
  }
  const std::string& ca() const { return authority_->certificate_pem(); }

  static constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

  TempFolder folder_ = TempFolder::Create().value();
  std::unique_ptr<CertificateAuthority> authority_ =
      CertificateAuthority::LoadOrCreate(folder_.path(), Clock::System()).value();
  ConnectDecision decision_;
  std::string asked_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
};

TEST_F(ConnectTest, OnePortSpeaksTlsForNamesAndAddresses) {
  for (const char* host : {"localhost", "127.0.0.1", "bucket.s3.us-west-2.amazonaws.com"}) {
    RawClient client(port_);
    const Status status = client.BeginTls(ca(), host);
    ASSERT_TRUE(status.ok()) << host << status.ToString();
    client.Say(kGet);
    EXPECT_THAT(client.HearAll(), EndsWith("host= tls=yes body=0")) << host;
  }
  RawClient plain(port_);
  plain.Say(kGet);
  EXPECT_THAT(plain.HearAll(), EndsWith("host= tls=no body=0"));
}

TEST_F(ConnectTest, LargeBodiesAndFilesGoThroughTls) {
  const std::string content(5 << 20, 'z');
  ASSERT_TRUE(WriteFile(folder_.path() / "f", content).ok());
  const UniqueFd file = OpenFile(folder_.path() / "f", O_RDONLY).value();
  ServerOptions options;
  options.certificates = authority_.get();
  const auto server = Server::Create(options, [&](Exchange& exchange) {
                        EXPECT_EQ(exchange.ReadAll(16 << 20).value_or("").size(), 3u << 20);
                        EXPECT_TRUE(exchange.SendHead(200, {}, content.size()).ok());
                        EXPECT_TRUE(exchange.SendFile(file.get(), 0, content.size()).ok());
                        EXPECT_TRUE(exchange.Finish().ok());
                      }).value();
  RawClient client(server->ListenTcp("127.0.0.1", 0).value());
  ASSERT_TRUE(client.BeginTls(ca(), "localhost").ok());

  client.Say("PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3145728\r\n\r\n");
  client.Say(std::string(3 << 20, 'a'));

  client.HearHead();
  EXPECT_TRUE(client.HearAll() == content);
}

TEST_F(ConnectTest, ServesTheHostItselfBehindItsOwnLeaf) {
  decision_.action = ConnectDecision::Action::kServe;
  RawClient client(port_);
  client.Say(
      "CONNECT sts.us-west-2.amazonaws.com:443 HTTP/1.1\r\nHost: "
      "sts.us-west-2.amazonaws.com:443\r\n\r\n");
  EXPECT_THAT(client.HearHead(), StartsWith("HTTP/1.1 200 "));

  const Status status = client.BeginTls(ca(), "sts.us-west-2.amazonaws.com", false);
  ASSERT_TRUE(status.ok()) << status.ToString();

  client.Say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_THAT(client.HearUntil("body=2"),
              EndsWith("host=sts.us-west-2.amazonaws.com tls=yes body=2"));
  client.Say(kGet);
  EXPECT_THAT(client.HearAll(), EndsWith("host=sts.us-west-2.amazonaws.com tls=yes body=0"));
  EXPECT_EQ(asked_, "sts.us-west-2.amazonaws.com:443");
}

TEST_F(ConnectTest, ServesPlainHttpInsideAConnectAndInsideTls) {
  decision_.action = ConnectDecision::Action::kServe;
  RawClient plain(port_);
  plain.Say("CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n" + std::string(kGet));
  EXPECT_THAT(plain.HearAll(), EndsWith("host=a.example tls=no body=0"));

  RawClient nested(port_);
  ASSERT_TRUE(nested.BeginTls(ca(), "localhost").ok());
  nested.Say("CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n");
  EXPECT_THAT(nested.HearHead(), StartsWith("HTTP/1.1 200 "));
  const Status status = nested.BeginTls(ca(), "b.example");
  ASSERT_TRUE(status.ok()) << status.ToString();
  nested.Say(kGet);
  EXPECT_THAT(nested.HearAll(), EndsWith("host=b.example tls=yes body=0"));
}

TEST_F(ConnectTest, RefusesWithTheReason) {
  decision_.reason = "Network isolation is on.";
  RawClient client(port_);
  client.Say("CONNECT pypi.org:443 HTTP/1.1\r\nHost: pypi.org:443\r\n\r\n");

  const std::string answer = client.HearAll();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer, EndsWith("Network isolation is on.\n"));
}

TEST_F(ConnectTest, TunnelsBothWaysWithHalfClose) {
  decision_.action = ConnectDecision::Action::kTunnel;
  const Endpoint any = internal::Resolve("127.0.0.1", 0).value().front();
  UniqueFd listening(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(listening.get(), any.get(), any.size), 0);
  ASSERT_EQ(::listen(listening.get(), 1), 0);
  Endpoint bound;
  bound.size = sizeof bound.address;
  ASSERT_EQ(
      ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&bound.address), &bound.size), 0);
  RawClient client(port_);
  client.Say("CONNECT " + bound.ToString() + " HTTP/1.1\r\nHost: " + bound.ToString() +
             "\r\n\r\nearly");
  EXPECT_THAT(client.HearHead(), StartsWith("HTTP/1.1 200 "));
  RawClient upstream(
      Result<UniqueFd>(UniqueFd(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK))));

  EXPECT_EQ(upstream.HearBytes(5), "early");
  client.Say("request");
  client.CloseWrite();
  EXPECT_EQ(upstream.HearAll(), "request");
  upstream.Say(std::string(1 << 20, 'r'));
  upstream.CloseWrite();

  EXPECT_EQ(client.HearAll().size(), 1u << 20);
}

// Listens and answers as its test tells it.
class FakeProxy {
 public:
  FakeProxy() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const Endpoint any = internal::Resolve("127.0.0.1", 0).value().front();
    EXPECT_EQ(::bind(socket_.get(), any.get(), any.size), 0);
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
    bound_.size = sizeof bound_.address;
    EXPECT_EQ(
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound_.address), &bound_.size),
        0);
  }
  UpstreamProxy proxy() const { return {"127.0.0.1", bound_.port(), "Basic bWU6cHc="}; }
  RawClient Accept() {
    return RawClient(
        Result<UniqueFd>(UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK))));
  }

 private:
  UniqueFd socket_;
  Endpoint bound_;
};

TEST_F(ConnectTest, AsksTheUpstreamProxyAndPassesOnWhatComesEarly) {
  FakeProxy fake;
  decision_.action = ConnectDecision::Action::kTunnel;
  decision_.through = fake.proxy();
  RawClient client(port_);
  client.Say("CONNECT no-such-name.invalid:443 HTTP/1.1\r\nHost: h\r\n\r\nhello");

  RawClient upstream = fake.Accept();
  EXPECT_EQ(upstream.HearHead(),
            "CONNECT no-such-name.invalid:443 HTTP/1.1\r\nHost: no-such-name.invalid:443\r\n"
            "Proxy-Authorization: Basic bWU6cHc=\r\n\r\n");
  upstream.Say("HTTP/1.0 200 OK\r\nVia: x\r\n\r\nearly");

  EXPECT_THAT(client.HearHead(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(client.HearBytes(5), "early");
  EXPECT_EQ(upstream.HearBytes(5), "hello");
  client.CloseWrite();
  EXPECT_EQ(upstream.HearAll(), "");
}

TEST_F(ConnectTest, TellsWhatTheUpstreamProxyDoesNotLike) {
  decision_.action = ConnectDecision::Action::kTunnel;
  struct {
    const char* answer;
    const char* status;
    const char* text;
  } const cases[] = {
      {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 502 ", "USER:PASSWORD"},
      {"HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP/1.1 403 ", "refused a.example:443"},
      {"HTTP/1.1 503 Busy\r\n\r\n", "HTTP/1.1 502 ", "HTTP/1.1 503 Busy"},
      {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 502 ", "does not speak HTTP"},
      {"", "HTTP/1.1 502 ", "does not speak HTTP"}};
  for (const auto& c : cases) {
    FakeProxy fake;
    decision_.through = fake.proxy();
    RawClient client(port_);
    client.Say("CONNECT a.example:443 HTTP/1.1\r\nHost: h\r\n\r\n");
    RawClient upstream = fake.Accept();
    upstream.HearHead();
    upstream.Say(c.answer);
    upstream.CloseWrite();

    const std::string told = client.HearAll();

    EXPECT_THAT(told, StartsWith(c.status));
    EXPECT_THAT(told, HasSubstr(c.text));
  }
}

TEST_F(ConnectTest, PublicOnlyHoldsBehindAnUpstreamProxyToo) {
  FakeProxy fake;
  decision_.action = ConnectDecision::Action::kTunnel;
  decision_.public_addresses_only = true;
  decision_.through = fake.proxy();
  for (const char* host :
       {"127.0.0.1", "localhost", "10.1.2.3", "no-such-name", "no-such-name.internal",
        "no-such-name.LAN", "no-such-name.local.", "10.1.2.3.", "no-such-name.7",
        "no-such-name.svc", "no-such-name.home.arpa"}) {
    RawClient client(port_);
    client.Say(std::string("CONNECT ") + host + ":443 HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(client.HearAll(), StartsWith("HTTP/1.1 403 ")) << host;
  }
}

TEST_F(ConnectTest, PublicOnlyNamesTheUpstreamProxyTheAddressThatWasLookedAt) {
  FakeProxy fake;
  decision_.action = ConnectDecision::Action::kTunnel;
  decision_.public_addresses_only = true;
  decision_.through = fake.proxy();
  decision_.also_allowed = std::make_shared<const std::vector<Network>>(
      std::vector<Network>{Network::Parse("127.0.0.0/8").value()});
  struct {
    const char* host;
    const char* asked;
  } const cases[] = {{"localhost", "CONNECT 127.0.0.1:443 "},
                     {"no-such-name.invalid", "CONNECT no-such-name.invalid:443 "}};
  for (const auto& c : cases) {
    RawClient client(port_);
    client.Say(std::string("CONNECT ") + c.host + ":443 HTTP/1.1\r\nHost: h\r\n\r\n");
    RawClient upstream = fake.Accept();
    EXPECT_THAT(upstream.HearHead(), StartsWith(c.asked));
  }
}

TEST_F(ConnectTest, PublicOnlyTunnelsRefusePrivateAddresses) {
  decision_.action = ConnectDecision::Action::kTunnel;
  decision_.public_addresses_only = true;
  for (const std::string host : {"127.0.0.1", "[::1]", "localhost", "10.1.2.3", "169.254.169.254",
                                 "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    RawClient client(port_);
    client.Say("CONNECT " + host + ":" + std::to_string(port_) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(client.HearAll(), StartsWith("HTTP/1.1 403 ")) << host;
  }
}

TEST_F(ConnectTest, NetworksThatAreAllowedAreReachedBesidePublicOnes) {
  decision_.action = ConnectDecision::Action::kTunnel;
  decision_.public_addresses_only = true;
  decision_.also_allowed = std::make_shared<const std::vector<Network>>(
      std::vector<Network>{Network::Parse("127.0.0.0/30").value()});
  const std::string port = std::to_string(port_);
  RawClient allowed(port_);
  allowed.Say("CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(allowed.HearHead(), StartsWith("HTTP/1.1 200 "));
  RawClient other(port_);
  other.Say("CONNECT 127.0.0.4:" + port + " HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(other.HearAll(), StartsWith("HTTP/1.1 403 "));
}

TEST_F(ConnectTest, AnUpstreamThatIsNotThereGives502) {
  decision_.action = ConnectDecision::Action::kTunnel;
  // A bound socket that does not listen keeps its port free of listeners.
  const Endpoint any = internal::Resolve("127.0.0.1", 0).value().front();
  UniqueFd closed(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(closed.get(), any.get(), any.size), 0);
  Endpoint bound;
  bound.size = sizeof bound.address;
  ASSERT_EQ(::getsockname(closed.get(), reinterpret_cast<sockaddr*>(&bound.address), &bound.size),
            0);
  RawClient client(port_);

  client.Say("CONNECT " + bound.ToString() + " HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_THAT(client.HearAll(), StartsWith("HTTP/1.1 502 "));
}

TEST_F(ConnectTest, ATunnelDoesNotHoldUpStopping) {
  decision_.action = ConnectDecision::Action::kTunnel;
  const Endpoint any = internal::Resolve("127.0.0.1", 0).value().front();
  UniqueFd listening(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(listening.get(), any.get(), any.size), 0);
  ASSERT_EQ(::listen(listening.get(), 1), 0);
  Endpoint bound;
  bound.size = sizeof bound.address;
  ASSERT_EQ(
      ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&bound.address), &bound.size), 0);
  RawClient client(port_);
  client.Say("CONNECT " + bound.ToString() + " HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.HearHead(), StartsWith("HTTP/1.1 200 "));

  const auto begin = Clock::System().SteadyNow();
  server_->Stop(seconds(60));

  EXPECT_LT(Clock::System().SteadyNow() - begin, seconds(30));
  EXPECT_TRUE(client.HearsEnd());
}

TEST(Addresses, OnlyTheInternetsArePublic) {
  for (const char* address : {"0.0.0.0",
                              "10.0.0.1",
                              "100.64.0.1",
                              "127.0.0.1",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "224.0.0.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fc00::1",
                              "fd12::1",
                              "ff02::1",
                              "::ffff:10.0.0.1",
                              "::ffff:127.0.0.1",
                              "64:ff9b::a00:1",
                              "2002:7f00:1::",
                              "2001:db8::1",
                              "2001::1",
                              "::127.0.0.1"}) {
    EXPECT_FALSE(internal::Resolve(address, 1).value().front().is_public()) << address;
  }
  for (const char* address :
       {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "198.20.0.1", "223.255.255.255",
        "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(internal::Resolve(address, 1).value().front().is_public()) << address;
  }
}

}  // namespace
}  // namespace sagebrush::http
