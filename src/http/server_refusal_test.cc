// SPDX-License-Identifier: Apache-2.0
// What the server refuses by itself, in the words it was given; and what a stop does to a handler that does not end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/internal/test_server.h"

namespace sagebrush::http {
namespace {

using namespace internal;  // NOLINT: tests of this module
using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ServerRefusalTest : public ServerTest {
 protected:
  ServerOptions WithWords() {
    ServerOptions options;
    options.refuse = [](const Refusal& refusal) {
      return Response{refusal.status,
                      {{"X-Id", "7"}},
                      "<" + std::string(refusal.text) + " " +
                          (refusal.request == nullptr ? "?" : refusal.request->target) + " " +
                          (refusal.peer.is_loopback ? "here" : "away") + ">"};
    };
    return options;
  }
};

TEST_F(ServerRefusalTest, HeadsThatCannotBeReadAreToldInGivenWords) {
  const auto guard = Start(Echo, WithWords());

  const std::string answer = Ask("GET / HTTP/1.1\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("X-Id: 7\r\n"));
  EXPECT_THAT(answer, EndsWith(" ? here>"));
}

TEST_F(ServerRefusalTest, BodiesThatDoNotComeNameTheirRequest) {
  ServerOptions options = WithWords();
  options.stall_timeout = 50ms;
  const auto guard = Start(Echo, std::move(options));

  const std::string answer = Ask("PUT /key HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer, EndsWith(" /key here>"));
}

TEST_F(ServerRefusalTest, ACrowdIsToldInTheSameWords) {
  ServerOptions options = WithWords();
  options.max_connections = 1;
  const auto guard = Start(Echo, std::move(options));
  RawClient first(port_);
  first.Say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  first.HearUntil("]");

  const std::string answer = RawClient(port_).HearAll();

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(answer, EndsWith(" ? here>"));
}

TEST_F(ServerRefusalTest, AProxyRefusesInPlainText) {
  const auto guard = Start(Echo, WithWords());

  EXPECT_THAT(Ask("CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
              EndsWith("\r\n\r\nThis server is no proxy.\n"));
}

TEST_F(ServerRefusalTest, AStopTellsOfAHandlerThatDoesNotEnd) {
  Latch begun;
  Latch may_end;
  const auto guard = Start([&](Exchange& exchange) {
    begun.Open();
    (void)may_end.Wait();
    Echo(exchange);
  });
  RawClient client(port_);
  client.Say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(begun.Wait());

  EXPECT_FALSE(server_->Stop(0ms));

  may_end.Open();
  EXPECT_TRUE(server_->Stop(kPatience));
  EXPECT_TRUE(server_->Stop(0ms));
}

}  // namespace
}  // namespace sagebrush::http
