// SPDX-License-Identifier: Apache-2.0
// What the server refuses and gives up, through real sockets: smuggling, broken chunks, long heads, silence, crowds. No sleeps.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <fcntl.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "http/client.h"
#include "http/internal/test_server.h"
#include "http/server.h"

namespace sagebrush::http {
namespace {

using internal::Latch;
using internal::RawClient;
using internal::ServerTest;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ServerTest, RefusesWhatTwoParsersCouldReadInTwoWays) {
  std::atomic<int> handled{0};
  const auto running_server = Start([&](Exchange& exchange) {
    ++handled;
    (void)exchange.ReadAll(1 << 20).ok();
  });
  using namespace std::string_literals;
  const std::pair<std::string, int> kCases[] = {
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n A: b\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: b\nC: d\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: b\rC: d\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n"s, 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\n: v\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /\r\nHost: h\r\n\r\n", 400},
      {"G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"CONNECT nohost HTTP/1.1\r\nHost: h\r\n\r\n", 400},
  };

  for (const auto& [bytes, status] : kCases) {
    const std::string answer = Ask(bytes);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " ")) << bytes;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << bytes;
    EXPECT_GT(answer.size() - answer.find("\r\n\r\n"), 20u) << bytes;
  }
  EXPECT_EQ(handled.load(), 0);
}

TEST_F(ServerTest, BrokenChunksReachTheHandlerAsAnErrorAndEndTheConnection) {
  const std::string_view kBodies[] = {
      "g\r\nabc\r\n",   "\r\nabc\r\n",          "3\nabc\r\n",    "3\r\nabcd\r\n",       "-3\r\n",
      "0x3\r\nabc\r\n", "1111111111111111\r\n", "3 \r\nabc\r\n", "0\r\n folded\r\n\r\n"};
  for (const std::string_view body : kBodies) {
    Code code = Code::kOk;
    const auto running_server = Start([&](Exchange& exchange) {
      code = exchange.ReadAll(1 << 20).status().code();
      (void)exchange.Send({400, {}, "broken"}).ok();
    });

    const std::string answer =
        Ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body) +
            "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << body;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << body;
    server_->Stop(seconds(5));
    EXPECT_EQ(code, Code::kUnavailable) << body;
  }
}

TEST_F(ServerTest, HeadsBeyondTheLimitGet431) {
  ServerOptions options;
  options.max_header_bytes = 1000;
  const auto running_server = Start(Echo, options);

  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(2000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(2000, 'a')),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nA: " + std::string(800, 'a') +
                  "\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ASilentClientIsGivenUp) {
  ServerOptions options;
  options.idle_timeout = milliseconds(30);
  options.stall_timeout = milliseconds(60);
  Code read = Code::kOk;
  Code written = Code::kOk;
  Latch done;
  const auto running_server = Start(
      [&](Exchange& exchange) {
        if (exchange.request().method == "PUT") read = exchange.ReadAll(8 << 20).status().code();
        if (exchange.request().method == "GET") {
          (void)exchange.SendHead(200, {}, 64 << 20).ok();
          while (written == Code::kOk) written = exchange.Write(std::string(1 << 20, 'x')).code();
          done.Open();
        }
      },
      options);

  EXPECT_TRUE(RawClient(port_).HearsEnd());                    // says nothing
  EXPECT_THAT(Ask("GET / HTT"), StartsWith("HTTP/1.1 408 "));  // half a head
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"),
              StartsWith("HTTP/1.1 408 "));
  RawClient putter(port_);
  putter.Say(
      "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\nab");  // half a streamed body
  putter.HearAll();
  RawClient getter(port_);
  getter.Say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");  // does not read the answer
  EXPECT_TRUE(done.Wait());
  server_->Stop(seconds(5));
  EXPECT_EQ(read, Code::kDeadlineExceeded);
  EXPECT_EQ(written, Code::kDeadlineExceeded);
}

TEST_F(ServerTest, TooManyConnectionsGet503) {
  ServerOptions options;
  options.max_connections = 2;
  const auto running_server = Start(Echo, options);
  ClientConnection first = Client();
  ClientConnection second = Client();
  ASSERT_TRUE(first.Call(Get("/"), "").ok());
  ASSERT_TRUE(second.Call(Get("/"), "").ok());

  const std::string refused = RawClient(port_).HearAll();

  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, EndsWith("\r\n\r\nThe server has too many connections. Try again.\n"));
}

TEST_F(ServerTest, TooManyWaitingRequestsGet503WithRetryAfter) {
  ServerOptions options;
  options.max_workers = 1;
  options.max_queued = 1;
  Latch entered;
  Latch leave;
  const auto running_server = Start(
      [&](Exchange& exchange) {
        entered.Open();
        leave.Wait();
        Echo(exchange);
      },
      options);
  RawClient running(port_);
  running.Say("GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(entered.Wait());

  // Of two more, one waits and one is refused, whichever comes first.
  std::vector<std::string> answers(2);
  std::vector<std::thread> clients;
  for (auto& answer : answers)
    clients.emplace_back([&] {
      RawClient client(port_);
      client.Say("GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      answer = client.HearAll();
      if (answer.starts_with("HTTP/1.1 503")) leave.Open();
    });
  for (auto& client : clients) client.join();
  EXPECT_THAT(running.HearAll(), HasSubstr("GET /1"));
  std::ranges::sort(answers);
  EXPECT_THAT(answers[0], HasSubstr("GET /2"));
  EXPECT_THAT(answers[1], AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("\r\nRetry-After: ")));
}

}  // namespace
}  // namespace sagebrush::http
