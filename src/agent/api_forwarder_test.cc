// SPDX-License-Identifier: Apache-2.0
#include "agent/api_forwarder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/fake_control_server.h"
#include "base/file.h"
#include "http/client.h"

namespace sagebrush::agent {
namespace {

class ApiForwarderTest : public ::testing::Test {
 protected:
  ApiForwarderTest()
      : folder_(TempFolder::Create("sb").value()),
        path_(folder_.path() / "api.sock"),
        forwarder_(
            ApiForwarder::Start({.api_socket = path_, .server_patience = std::chrono::seconds(20)})
                .value()) {}

  // Blocking, so that a test reads and writes plainly.
  UniqueFd Connect() const {
    UniqueFd socket =
        http::ConnectTcp("127.0.0.1", forwarder_->port(), std::chrono::seconds(5)).value();
    ::fcntl(socket.get(), F_SETFL, 0);
    return socket;
  }
  static UniqueFd Accept(int listener) {
    return UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  }
  static std::string ReadToTheEnd(int fd) {
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = ::read(fd, buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(got));
    return text;
  }

  TempFolder folder_;
  fs::path path_;
  std::unique_ptr<ApiForwarder> forwarder_;
};

TEST_F(ApiForwarderTest, CopiesBothWaysAndPassesEndsOn) {
  const UniqueFd listener = ListenAt(path_);
  const UniqueFd client = Connect();
  const UniqueFd server = Accept(listener.get());

  ASSERT_TRUE(WriteAll(client.get(), "question").ok());
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(ReadToTheEnd(server.get()), "question");  // the end came through
  ASSERT_TRUE(WriteAll(server.get(), "answer").ok());
  ::shutdown(server.get(), SHUT_WR);

  EXPECT_EQ(ReadToTheEnd(client.get()), "answer");
}

TEST_F(ApiForwarderTest, MuchMoreThanItsBufferGoesThroughAtTheReadersPace) {
  const UniqueFd listener = ListenAt(path_);
  const UniqueFd client = Connect();
  const UniqueFd server = Accept(listener.get());
  const std::string bytes(20 << 20, 'x');

  std::thread writer([&] {
    EXPECT_EQ(WriteAll(client.get(), bytes).message(), "");
    ::shutdown(client.get(), SHUT_WR);
  });
  EXPECT_EQ(ReadToTheEnd(server.get()).size(), bytes.size());
  writer.join();
}

TEST_F(ApiForwarderTest, AConnectionWaitsForAServerThatIsAway) {
  const UniqueFd client = Connect();
  ASSERT_TRUE(WriteAll(client.get(), "early").ok());
  ::shutdown(client.get(), SHUT_WR);

  const UniqueFd listener = ListenAt(path_);
  const UniqueFd server = Accept(listener.get());

  EXPECT_EQ(ReadToTheEnd(server.get()), "early");
}

TEST_F(ApiForwarderTest, AConnectionCutByTheServerIsCutForTheClient) {
  const UniqueFd listener = ListenAt(path_);
  const UniqueFd client = Connect();
  Accept(listener.get()).Reset();

  EXPECT_EQ(ReadToTheEnd(client.get()), "");
}

TEST_F(ApiForwarderTest, WithoutADescriptorForAConnectionItWaitsInsteadOfSpinning) {
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto in_ms = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
    return in_ms(usage.ru_utime) + in_ms(usage.ru_stime);
  };
  const UniqueFd listener = ListenAt(path_);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<UniqueFd> rest;  // all the descriptors that there are
  const rlimit few{.rlim_cur = 64, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  for (UniqueFd next(::dup(0)); next.valid(); next = UniqueFd(::dup(0)))
    rest.push_back(std::move(next));
  ASSERT_FALSE(rest.empty());
  rest.pop_back();
  const UniqueFd client = Connect();

  const auto at_first = used();
  pollfd nothing{.fd = client.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&nothing, 1, 400), 0);
  EXPECT_LT(used() - at_first, 200);

  rest.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  const UniqueFd server = Accept(listener.get());
  ASSERT_TRUE(WriteAll(client.get(), "late").ok());
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(ReadToTheEnd(server.get()), "late");
}

TEST_F(ApiForwarderTest, ManyConnectionsAtOnce) {
  const UniqueFd listener = ListenAt(path_);
  std::vector<UniqueFd> clients;
  std::vector<UniqueFd> servers;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(Connect());
    ASSERT_TRUE(WriteAll(clients.back().get(), std::to_string(i)).ok());
    ::shutdown(clients.back().get(), SHUT_WR);
    servers.push_back(Accept(listener.get()));
    EXPECT_EQ(ReadToTheEnd(servers.back().get()), std::to_string(i));
  }
}

TEST_F(ApiForwarderTest, PlainHttpForAnotherHostGoesThroughATunnel) {
  const UniqueFd listener = ListenAt(path_);
  const UniqueFd client = Connect();
  const UniqueFd server = Accept(listener.get());
  const auto read = [&](std::size_t size) {
    std::string text(size, '\0');
    std::size_t got = 0;
    for (ssize_t more; got < size && (more = ::read(server.get(), &text[got], size - got)) > 0;)
      got += static_cast<std::size_t>(more);
    return text.substr(0, got);
  };

  ASSERT_TRUE(WriteAll(client.get(), "GET http://example.c").ok());
  ASSERT_TRUE(WriteAll(client.get(), "om/a HTTP/1.1\r\nHost: example.com\r\n\r\n").ok());
  const std::string connect = "CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n";
  EXPECT_EQ(read(connect.size()), connect);
  ASSERT_TRUE(WriteAll(server.get(), "HTTP/1.1 200 Connection Established\r\n\r\n").ok());
  const std::string inside = "GET /a HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(read(inside.size()), inside);
  ASSERT_TRUE(WriteAll(server.get(), "HTTP/1.1 200 OK\r\n\r\nhello").ok());
  ::shutdown(server.get(), SHUT_WR);

  EXPECT_EQ(ReadToTheEnd(client.get()), "HTTP/1.1 200 OK\r\n\r\nhello");
}

TEST_F(ApiForwarderTest, ATunnelThatIsRefusedIsTheAnswer) {
  const UniqueFd listener = ListenAt(path_);
  const UniqueFd client = Connect();
  const UniqueFd server = Accept(listener.get());
  const std::string refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";

  ASSERT_TRUE(WriteAll(client.get(), "GET http://10.0.0.1/ HTTP/1.1\r\n\r\n").ok());
  ASSERT_TRUE(WriteAll(server.get(), refusal).ok());
  ::shutdown(server.get(), SHUT_WR);

  EXPECT_EQ(ReadToTheEnd(client.get()), refusal);
}

TEST_F(ApiForwarderTest, APortThatIsTakenIsAnError) {
  EXPECT_FALSE(ApiForwarder::Start({.api_socket = path_, .port = forwarder_->port()}).ok());
}

}  // namespace
}  // namespace sagebrush::agent
