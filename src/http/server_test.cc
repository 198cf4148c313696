// SPDX-License-Identifier: Apache-2.0
// The server through real sockets: requests, answers, bodies, limits, stopping. No sleeps: every wait is for an event.
#include "http/server.h"

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
#include "http/internal/test_client.h"

namespace sagebrush::http {
namespace {

using internal::kPatience;
using internal::Latch;
using internal::RawClient;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 7;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

class ServerTest : public testing::Test {
 protected:
  // The server runs until the returned guard goes, which is before anything that the handler refers to.
  struct StopGuard {
    Server* server;
    explicit StopGuard(Server* running) : server(running) {}
    StopGuard(const StopGuard&) = delete;
    ~StopGuard() { server->Stop(seconds(5)); }
  };
  [[nodiscard]] StopGuard Start(Handler handler, ServerOptions options = {}) {
    server_ = Server::Create(std::move(options), std::move(handler)).value();
    port_ = server_->ListenTcp("127.0.0.1", 0).value();
    return StopGuard(server_.get());
  }
  // Answers with what it was asked: method, path, query, host, body.
  static void Echo(Exchange& exchange) {
    const Request& request = exchange.request();
    auto body = exchange.ReadAll(64 << 20);
    if (!body.ok()) return;
    std::string text = request.method + " " + std::string(request.raw_path()) + "?" +
                       std::string(request.raw_query()) + " " + std::string(request.host()) + " [" +
                       *body + "]";
    (void)exchange.Send({200, {{"Content-Type", "text/plain"}}, std::move(text)}).ok();
  }
  std::string Ask(std::string_view bytes) {
    RawClient client(port_);
    client.Say(bytes);
    return client.HearAll();
  }
  ClientConnection Client(milliseconds timeout = kPatience) {
    return ClientConnection(ConnectTcp("127.0.0.1", port_, kPatience).value(), timeout);
  }
  static Request Get(std::string target) {
    return {"GET", std::move(target), {{"Host", "test"}}, {}};
  }

  std::unique_ptr<Server> server_;
  int port_ = 0;
};

TEST_F(ServerTest, AnswersWithLengthDateAndServer) {
  const auto running_server = Start(Echo);

  const std::string answer = Ask("GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
  EXPECT_THAT(answer, HasSubstr("\r\nServer: sagebrush\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a%20b?x=1 h []"));
}

TEST_F(ServerTest, KeepsAConnectionForManyRequests) {
  const auto running_server = Start(Echo);
  ClientConnection client = Client();

  for (int i = 0; i < 50; ++i) {
    const auto response = client.Call({"POST", "/n", {{"Host", "h"}}, {}}, std::to_string(i));
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_EQ(response->body, "POST /n? h [" + std::to_string(i) + "]");
    EXPECT_TRUE(client.reusable());
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  const auto running_server = Start(Echo);
  std::string asked;
  for (int i = 0; i < 20; ++i) {
    asked += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
  }
  asked += "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

  const std::string answer = Ask(asked);

  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = answer.find("POST /" + std::to_string(i) + "? h [abc]", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_THAT(answer, EndsWith("GET /last? h []"));
}

TEST_F(ServerTest, ReadsARequestThatComesByteByByte) {
  const auto running_server = Start(Echo);
  RawClient client(port_);

  for (const char c : std::string_view("\r\nPOST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                                       "chunked\r\nConnection: close\r\n\r\n"
                                       "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n")) {
    client.Say({&c, 1});
  }

  EXPECT_THAT(client.HearAll(), EndsWith("POST /? h [abcde]"));
}

TEST_F(ServerTest, AbsoluteTargetsNameTheHost) {
  const auto running_server = Start(Echo);

  const std::string answer = Ask(
      "GET http://s3.example.com:8080/k?q HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, EndsWith("GET /k?q s3.example.com:8080 []"));
}

TEST_F(ServerTest, HeadAnd204And304CarryNoBody) {
  const auto running_server = Start([](Exchange& exchange) {
    const std::string path(exchange.request().raw_path());
    const int status = path == "/204" ? 204 : path == "/304" ? 304 : 200;
    Headers headers;
    if (path == "/told") headers.Add("Content-Length", "12345");
    (void)exchange.Send({status, headers, status == 200 ? "body" : ""}).ok();
  });

  const std::string answer = Ask(
      "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nHEAD /told HTTP/1.1\r\nHost: h\r\n\r\nGET /204 "
      "HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /304 HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  const auto parts = [&] {
    std::vector<std::string> heads;
    std::string rest = answer;
    for (std::size_t end; (end = rest.find("\r\n\r\n")) != std::string::npos;
         rest.erase(0, end + 4))
      heads.push_back(rest.substr(0, end));
    heads.push_back(rest);
    return heads;
  }();
  ASSERT_EQ(parts.size(), 6u) << answer;
  EXPECT_THAT(parts[0], HasSubstr("Content-Length: 4"));
  EXPECT_THAT(parts[1], HasSubstr("Content-Length: 12345"));
  EXPECT_THAT(parts[2], StartsWith("HTTP/1.1 204 No Content"));
  EXPECT_THAT(parts[2], Not(HasSubstr("Content-Length")));
  EXPECT_THAT(parts[3], StartsWith("HTTP/1.1 304 Not Modified"));
  EXPECT_THAT(parts[3], Not(HasSubstr("Content-Length")));
  EXPECT_THAT(parts[4], StartsWith("HTTP/1.1 200 OK"));
  EXPECT_EQ(parts[5], "body");
}

TEST_F(ServerTest, Http10GetsNoChunksAndClosesUnlessAsked) {
  const auto running_server = Start([](Exchange& exchange) {
    (void)exchange.SendHead(200, {}, std::nullopt).ok();
    (void)exchange.Write("stream").ok();
    (void)exchange.Finish().ok();
  });

  const std::string answer = Ask("GET / HTTP/1.0\r\n\r\n");

  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nstream"));
}

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
      {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", 417},
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

TEST_F(ServerTest, AClientThatLeavesDuringSendFileIsAnErrorAndNoSignal) {
  const auto folder = TempFolder::Create().value();
  ASSERT_TRUE(WriteFile(folder.path() / "f", Pattern(32 << 20)).ok());
  const UniqueFd file = OpenFile(folder.path() / "f", O_RDONLY).value();
  std::promise<Code> code;
  const auto running_server = Start([&](Exchange& exchange) {
    (void)exchange.SendHead(200, {}, 32 << 20).ok();
    code.set_value(exchange.SendFile(file.get(), 0, 32 << 20).code());
  });
  RawClient client(port_);
  client.Say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.HearHead();

  client.Close();

  auto result = code.get_future();
  ASSERT_EQ(result.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(result.get(), Code::kUnavailable);
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
  EXPECT_THAT(refused, EndsWith("\r\n\r\nThe server has too many connections\n"));
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
  RawClient a(port_);
  a.Say("GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  RawClient b(port_);
  b.Say("GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  RawClient c(port_);
  c.Say("GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  std::thread opener([&] {
    std::string refused = b.HearAll();
    if (!refused.starts_with("HTTP/1.1 503")) refused = c.HearAll();
    leave.Open();
  });
  const std::string answers = a.HearAll() + running.HearAll();
  opener.join();
  EXPECT_THAT(answers, HasSubstr("GET /1"));
}

TEST_F(ServerTest, UnixListenersCarryTheirPeerAndStopAlone) {
  const auto running_server = Start([](Exchange& exchange) {
    (void)exchange
        .Send(
            {200, {}, exchange.request().peer.instance_id + "," + exchange.request().peer.address})
        .ok();
  });
  const auto folder = TempFolder::Create().value();
  const std::string path = (folder.path() / "s").string();
  UniqueFd listening(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listening.get(), 16), 0);
  Peer peer;
  peer.instance_id = "i-1";
  peer.address = "instance i-1";
  const int handle = server_->ListenUnix(std::move(listening), peer).value();
  ClientConnection instance(ConnectUnix(path, kPatience).value(), kPatience);
  EXPECT_EQ(instance.Call(Get("/"), "")->body, "i-1,instance i-1");
  EXPECT_THAT(Client().Call(Get("/"), "")->body, StartsWith(",127.0.0.1:"));

  server_->StopListening(handle);

  char byte;
  const internal::SocketTransport transport(instance.fd());
  ASSERT_TRUE(internal::WaitReady(instance.fd(), internal::Io::Kind::kWantRead,
                                  Clock::System().SteadyNow() + kPatience)
                  .ok());
  EXPECT_LE(::recv(instance.fd(), &byte, 1, 0), 0);
  EXPECT_FALSE(instance.reusable());
  EXPECT_TRUE(Client().Call(Get("/"), "").ok());
}

TEST_F(ServerTest, StopLetsRunningRequestsFinishAndRefusesNewOnes) {
  Latch entered;
  Latch leave;
  const auto running_server = Start([&](Exchange& exchange) {
    entered.Open();
    leave.Wait();
    Echo(exchange);
  });
  RawClient idle(port_);
  RawClient running(port_);
  running.Say("GET /run HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(entered.Wait());

  std::thread stopper([this] { server_->Stop(kPatience); });
  EXPECT_TRUE(idle.HearsEnd());  // told that stopping has begun
  leave.Open();
  const std::string answer = running.HearAll();
  stopper.join();

  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, EndsWith("GET /run? h []"));
  EXPECT_FALSE(ConnectTcp("127.0.0.1", port_, seconds(1)).ok());
  EXPECT_FALSE(server_->ListenTcp("127.0.0.1", 0).ok());
}

TEST_F(ServerTest, StopCutsWhatDoesNotFinishInTime) {
  Latch entered;
  std::promise<Code> code;
  const auto running_server = Start([&](Exchange& exchange) {
    char byte;
    (void)exchange.Read(&byte, 1).ok();
    entered.Open();
    code.set_value(exchange.ReadAll(8 << 20).status().code());
  });
  RawClient client(port_);
  client.Say("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\nab");
  ASSERT_TRUE(entered.Wait());

  server_->Stop(milliseconds(10));

  EXPECT_EQ(code.get_future().get(), Code::kUnavailable);
  EXPECT_TRUE(client.HearsEnd());
}

TEST_F(ServerTest, ATakenConnectionIsTheHandlersOwn) {
  const auto running_server = Start([](Exchange& exchange) {
    EXPECT_FALSE(exchange.TakeConnection().ok());
    EXPECT_TRUE(
        exchange.SendHead(101, {{"Connection", "Upgrade"}, {"Upgrade", "echo"}}, std::nullopt)
            .ok());
    const auto socket = exchange.TakeConnection();
    ASSERT_TRUE(socket.ok());
    EXPECT_FALSE(exchange.Write("x").ok());
    char buffer[100];
    for (ssize_t got; (got = ::recv(socket->get(), buffer, sizeof buffer, 0)) > 0;) {
      ::send(socket->get(), buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL);
    }
  });
  RawClient client(port_);

  client.Say("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");

  EXPECT_THAT(client.HearHead(), HasSubstr("Upgrade: echo"));
  EXPECT_EQ(client.HearBytes(5), "early");
  client.Say("later");
  EXPECT_EQ(client.HearBytes(5), "later");
  client.CloseWrite();
  EXPECT_TRUE(client.HearsEnd());
}

TEST_F(ServerTest, ManyClientsAtOnce) {
  const auto running_server = Start(Echo);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      ClientConnection client = Client();
      for (int i = 0; i < 100; ++i) {
        const std::string body =
            std::string(static_cast<std::size_t>(i * 37), 'a') + std::to_string(t);
        const auto response = client.Call({"POST", "/", {{"Host", "h"}}, {}}, body);
        if (response.ok() && response->body == "POST /? h [" + body + "]") ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(good.load(), 800);
}

}  // namespace
}  // namespace sagebrush::http
