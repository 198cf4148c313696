// SPDX-License-Identifier: Apache-2.0
// Clients that are slow on purpose or by nature: they take nothing from others, and what only drips is given up.
#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "http/internal/test_server.h"

namespace sagebrush::http {
namespace {

using namespace internal;  // NOLINT: tests of this module
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// Says one byte after the other until the server answers or closes; what it said. The pause is a wait for the answer.
std::string Drip(RawClient* client, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (WaitReady(client->fd(), Io::Kind::kWantRead, Clock::System().SteadyNow() + 20ms).ok())
      break;
    if (!client->TrySay(bytes.substr(i, 1)).ok()) break;
  }
  return client->HearAll();
}

ServerOptions Impatient() {
  ServerOptions options;
  options.stall_timeout = 300ms;
  options.min_body_rate = 1000;
  return options;
}

using ServerSlowTest = ServerTest;

TEST_F(ServerSlowTest, ChunkedAndExpectedBodiesOnTheirWayLendTheirWorker) {
  ServerOptions options;
  options.max_workers = 1;
  std::atomic<int> begun{0};
  Latch all;
  const auto guard = Start(
      [&](Exchange& exchange) {
        if (exchange.request().method != "GET" && ++begun == 40) all.Open();
        Echo(exchange);
      },
      options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->Say(
        i % 2 == 0
            ? "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
            : "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  }
  ASSERT_TRUE(all.Wait());

  EXPECT_EQ(Client().Call(Get("/"), "").value().status, 200);
  for (int i = 0; i < 40; ++i) {
    if (i % 2 == 1) {
      EXPECT_THAT(clients[i]->HearHead(), StartsWith("HTTP/1.1 100"));
    }
    clients[i]->Say(i % 2 == 0 ? "hello\r\n0\r\n\r\n" : "hello");
    EXPECT_THAT(clients[i]->HearUntil("]"), HasSubstr("[hello]"));
  }
}

TEST_F(ServerSlowTest, AClientThatReadsNothingLendsItsWorker) {
  ServerOptions options;
  options.max_workers = 1;
  Latch begun;
  const std::string big = Pattern(32 << 20);
  const auto guard = Start(
      [&](Exchange& exchange) {
        if (exchange.request().target != "/big") return Echo(exchange);
        ASSERT_TRUE(exchange.SendHead(200, {}, big.size()).ok());
        begun.Open();
        (void)exchange.Write(big).ok();
      },
      options);
  RawClient sleeper(port_);
  sleeper.Say("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(begun.Wait());

  EXPECT_EQ(Client().Call(Get("/"), "").value().status, 200);
  sleeper.HearHead();
  EXPECT_EQ(sleeper.HearBytes(big.size()), big);
}

TEST_F(ServerSlowTest, DrippingHeadsAreGivenUp) {
  const auto guard = Start(Echo, Impatient());
  RawClient client(port_);

  EXPECT_THAT(Drip(&client, "GET / HTTP/1.1\r\nHost: " + std::string(2000, 'h')),
              StartsWith("HTTP/1.1 408"));
}

TEST_F(ServerSlowTest, DrippingBodiesAreGivenUpWhoeverReadsThem) {
  std::atomic<int> broken{0};
  const auto guard = Start(
      [&](Exchange& exchange) {
        const auto body = exchange.ReadAll(1 << 20);
        if (body.status().code() == Code::kDeadlineExceeded) ++broken;
        (void)exchange.Send({408, {}, "too slow"}).ok();
      },
      Impatient());
  RawClient with_length(port_);
  with_length.Say("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n");
  RawClient chunked(port_);
  chunked.Say("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n");

  EXPECT_THAT(Drip(&with_length, std::string(2000, 'b')), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(Drip(&chunked, std::string(2000, 'b')), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(broken, 1);  // the loop read the other
}

TEST_F(ServerSlowTest, BodiesBeyondTheRoomOfAllAreReadByTheirHandlers) {
  ServerOptions options;
  options.max_waiting_bodies = 1000;
  Latch begun;
  const auto guard = Start(
      [&](Exchange& exchange) {
        begun.Open();
        Echo(exchange);
      },
      options);
  RawClient first(port_);
  first.Say("PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
  const std::string body(900, 'x');
  // Whichever head is seen first takes the room; the other's handler begins before its body has come.
  RawClient second(port_);
  second.Say("PUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");

  EXPECT_TRUE(begun.Wait());
  first.Say(body);
  second.Say(body);
  EXPECT_THAT(first.HearUntil("]"), HasSubstr("[" + body + "]"));
  EXPECT_THAT(second.HearUntil("]"), HasSubstr("[" + body + "]"));
}

}  // namespace
}  // namespace sagebrush::http
