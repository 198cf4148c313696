// SPDX-License-Identifier: Apache-2.0
// The server through real sockets: requests and answers, listeners, stopping, many clients. No sleeps: every wait is for an event.
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
#include "http/internal/test_server.h"

namespace sagebrush::http {
namespace {

using internal::kPatience;
using internal::Latch;
using internal::Pattern;
using internal::RawClient;
using internal::ServerTest;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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
