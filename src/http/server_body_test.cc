// SPDX-License-Identifier: Apache-2.0
// Bodies both ways, through real sockets: read, streamed, drained, sent from files, cut. No sleeps: every wait is for an event.
#include <atomic>
#include <cstring>
#include <fcntl.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "http/client.h"
#include "http/internal/test_server.h"
#include "http/server.h"

namespace sagebrush::http {
namespace {

using internal::Latch;
using internal::Pattern;
using internal::RawClient;
using internal::ServerTest;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(ServerTest, SendsContinueWhenTheHandlerReadsFirst) {
  const auto running_server = Start(Echo);
  RawClient client(port_);
  client.Say("PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

  EXPECT_EQ(client.HearHead(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Say("hello");

  EXPECT_THAT(client.HearUntil("]"), EndsWith("PUT /k? h [hello]"));
  client.Say("GET /again HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.HearAll(), EndsWith("GET /again? h []"));
}

TEST_F(ServerTest, NoContinueWhenTheHandlerAnswersFirst) {
  const auto running_server = Start([](Exchange& exchange) {
    (void)exchange.Send({403, {}, "no"}).ok();
  });
  RawClient client(port_);

  client.Say(
      "PUT /k HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n");

  const std::string answer = client.HearAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(ServerTest, AnUnknownExpectationIsLeftAlone) {
  const auto running_server = Start(Echo);

  for (const std::string_view expectation : {"tea", ""})
    EXPECT_THAT(
        Ask("PUT /k HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\nExpect: " +
            std::string(expectation) + "\r\n\r\nab"),
        AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("PUT /k? h [ab]")));
}

TEST_F(ServerTest, SlowSmallBodiesHoldNoWorker) {
  ServerOptions options;
  options.max_workers = 1;
  const auto running_server = Start(Echo, options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 5; ++i) {
    slow.push_back(std::make_unique<RawClient>(port_));
    slow.back()->Say(
        "POST /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab");
  }

  EXPECT_THAT(Ask("GET /quick HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              EndsWith("GET /quick? h []"));

  for (auto& client : slow) {
    client->Say("cd");
    EXPECT_THAT(client->HearAll(), EndsWith("POST /slow? h [abcd]"));
  }
}

TEST_F(ServerTest, LargeBodiesStreamInBothForms) {
  const std::string body = Pattern(20 << 20);
  const auto running_server = Start([](Exchange& exchange) {
    Hasher hasher(HashKind::kSha256);
    std::vector<char> buffer(100'000);
    for (;;) {
      const auto got = exchange.Read(buffer.data(), buffer.size());
      if (!got.ok() || *got == 0) break;
      hasher.Update({buffer.data(), *got});
    }
    (void)exchange.Send({200, {}, HexEncode(hasher.Finish())}).ok();
  });
  ClientConnection client = Client();

  const auto plain = client.Call({"PUT", "/", {{"Host", "h"}}, {}}, body);
  RawClient raw(port_);
  raw.Say("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  for (std::size_t at = 0; at < body.size(); at += 700'001) {
    const std::string_view piece = std::string_view(body).substr(at, 700'001);
    char size[32];
    std::snprintf(size, sizeof size, "%zX\r\n", piece.size());
    raw.Say(size);
    raw.Say(piece);
    raw.Say("\r\n");
  }
  raw.Say("0\r\n\r\n");

  ASSERT_TRUE(plain.ok()) << plain.status().ToString();
  EXPECT_EQ(plain->body, HexEncode(Sha256(body)));
  EXPECT_THAT(raw.HearAll(), EndsWith(HexEncode(Sha256(body))));
}

TEST_F(ServerTest, ReadAllStopsAtItsLimit) {
  Code code = Code::kOk;
  const auto running_server = Start([&](Exchange& exchange) {
    code = exchange.ReadAll(10).status().code();
    (void)exchange.Send({413, {}, "too long"}).ok();
  });

  const auto response = Client().Call({"PUT", "/", {{"Host", "h"}}, {}}, std::string(11, 'x'));

  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(code, Code::kResourceExhausted);
}

TEST_F(ServerTest, UnreadBodiesAreDrainedWhenShortAndEndTheConnectionWhenLong) {
  const auto running_server = Start([](Exchange& exchange) {
    (void)exchange.Send({200, {}, "done"}).ok();
  });

  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n0\r\n\r\n";
  const std::string kept = Ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                               chunk + "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(kept.find("HTTP/1.1 200 OK", 10), std::string::npos);

  ClientConnection client = Client();
  const auto response = client.Call({"PUT", "/", {{"Host", "h"}}, {}}, std::string(8 << 20, 'x'));
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(response->headers.GetOr("Connection", ""), "close");
  EXPECT_FALSE(client.reusable());
}

TEST_F(ServerTest, StreamsChunksAsTheyAreWritten) {
  Latch heard;
  const auto running_server = Start([&](Exchange& exchange) {
    EXPECT_TRUE(exchange.SendHead(200, {{"Content-Type", "text/event-stream"}}, std::nullopt).ok());
    EXPECT_TRUE(exchange.head_sent());
    EXPECT_TRUE(exchange.Write("first").ok());
    EXPECT_TRUE(heard.Wait());
    EXPECT_TRUE(exchange.Write("").ok());
    EXPECT_TRUE(exchange.Write("second").ok());
    EXPECT_TRUE(exchange.Finish().ok());
    EXPECT_TRUE(exchange.Finish().ok());
    EXPECT_FALSE(exchange.Write("late").ok());
    EXPECT_FALSE(exchange.Send({}).ok());
  });
  ClientConnection client = Client();
  ASSERT_TRUE(client.SendHead(Get("/"), 0).ok());
  const auto head = client.ReadHead();
  ASSERT_TRUE(head.ok()) << head.status().ToString();
  EXPECT_EQ(head->headers.GetOr("transfer-encoding", ""), "chunked");

  char buffer[64];
  EXPECT_EQ(std::string_view(buffer, client.ReadBody(buffer, sizeof buffer).value()), "first");
  heard.Open();
  EXPECT_EQ(std::string_view(buffer, client.ReadBody(buffer, sizeof buffer).value()), "second");
  EXPECT_EQ(client.ReadBody(buffer, sizeof buffer).value(), 0u);
  EXPECT_TRUE(client.reusable());
}

TEST_F(ServerTest, SendsFilesOnTcpByRange) {
  const std::string content = Pattern(9 << 20);
  const auto folder = TempFolder::Create().value();
  ASSERT_TRUE(WriteFile(folder.path() / "f", content).ok());
  const UniqueFd file = OpenFile(folder.path() / "f", O_RDONLY).value();
  const auto running_server = Start([&](Exchange& exchange) {
    EXPECT_TRUE(exchange.SendHead(206, {}, (8 << 20) + 3).ok());
    EXPECT_TRUE(exchange.Write("abc").ok());
    EXPECT_TRUE(exchange.SendFile(file.get(), 1000, 8 << 20).ok());
    EXPECT_TRUE(exchange.Finish().ok());
  });
  ClientConnection client = Client();

  for (int i = 0; i < 3; ++i) {
    const auto response = client.Call(Get("/"), "");
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_TRUE(response->body == "abc" + content.substr(1000, 8 << 20));
  }
}

TEST_F(ServerTest, AFileThatIsTooShortCutsTheConnection) {
  const auto folder = TempFolder::Create().value();
  ASSERT_TRUE(WriteFile(folder.path() / "f", "short").ok());
  const UniqueFd file = OpenFile(folder.path() / "f", O_RDONLY).value();
  const auto running_server = Start([&](Exchange& exchange) {
    (void)exchange.SendHead(200, {}, 100).ok();
    EXPECT_EQ(exchange.SendFile(file.get(), 0, 100).code(), Code::kDataLoss);
  });

  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("\r\n\r\nshort"));
}

TEST_F(ServerTest, AnAnswerThatIsNotFinishedCutsTheConnection) {
  const auto running_server = Start([](Exchange& exchange) {
    (void)exchange.SendHead(200, {}, std::nullopt).ok();
    (void)exchange.Write("part").ok();
  });

  EXPECT_EQ(Client().Call(Get("/"), "").status().code(), Code::kUnavailable);
}

TEST_F(ServerTest, AHandlerThatThrowsOrForgetsGives500) {
  const auto running_server = Start([](Exchange& exchange) {
    if (exchange.request().raw_path() == "/throw") throw std::runtime_error("oops");
  });

  EXPECT_THAT(Ask("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(Ask("GET /forget HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(ServerTest, AnswersCannotCarryLineBreaksInTheirHeaders) {
  Code code = Code::kOk;
  const auto running_server = Start([&](Exchange& exchange) {
    code = exchange.Send({200, {{"X-Meta", "a\r\nSet-Cookie: b"}}, ""}).code();
  });

  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
  EXPECT_EQ(code, Code::kInvalidArgument);
}

TEST_F(ServerTest, ASlowReaderOfAWholeAnswerHoldsNoWorker) {
  const std::string large = Pattern(16 << 20);
  ServerOptions options;
  options.max_workers = 1;
  const auto running_server = Start(
      [&](Exchange& exchange) {
        (void)exchange.Send({200, {}, exchange.request().raw_path() == "/large" ? large : "quick"})
            .ok();
      },
      options);
  RawClient slow(port_);
  slow.Say("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string head = slow.HearHead();

  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), EndsWith("quick"));

  EXPECT_TRUE(slow.HearAll() == large);
}

}  // namespace
}  // namespace sagebrush::http
