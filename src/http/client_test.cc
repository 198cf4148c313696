// SPDX-License-Identifier: Apache-2.0
// The client against a peer that says exactly the bytes of the test, over a socket pair.
#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

#include "base/file.h"
#include "http/internal/test_client.h"

namespace sagebrush::http {
namespace {

using internal::kPatience;
using internal::RawClient;
using std::chrono::milliseconds;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client_ = std::make_unique<ClientConnection>(UniqueFd(ends[0]), kPatience);
    peer_ = std::make_unique<RawClient>(Result<UniqueFd>(UniqueFd(ends[1])));
  }
  static Request Get() { return {"GET", "/x", {{"Host", "h"}}, {}}; }

  std::unique_ptr<ClientConnection> client_;
  std::unique_ptr<RawClient> peer_;
};

TEST_F(ClientTest, SendsAWellFormedRequestAndReadsALengthBody) {
  peer_->Say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");

  const auto response =
      client_->Call({"POST", "/x?y", {{"Host", "h"}, {"content-length", "99"}}, {}}, "abc");

  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.GetOr("x-a", ""), "b");
  EXPECT_EQ(response->body, "hello");
  EXPECT_TRUE(client_->reusable());
  EXPECT_EQ(peer_->HearUntil("abc"),
            "POST /x?y HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
}

TEST_F(ClientTest, SkipsInterimAnswersAndReadsChunks) {
  peer_->Say(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 201 Created\r\nTransfer-Encoding: "
      "chunked\r\n\r\n4;q=1\r\nwiki\r\n5\r\npedia\r\n0\r\nT: v\r\n\r\n");

  const auto response = client_->Call(Get(), "");

  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "wikipedia");
  EXPECT_TRUE(client_->reusable());
}

TEST_F(ClientTest, EndlessInterimAnswersAreAnError) {
  std::thread server([this] {
    std::string interim;
    for (int i = 0; i < 400; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    // More than any limit, and then an end, or this test would have none.
    for (std::size_t said = 0; said < (4 << 20); said += interim.size()) {
      if (!peer_->TrySay(interim).ok()) break;
    }
    peer_->CloseWrite();
  });

  const auto response = client_->Call(Get(), "");
  client_.reset();  // the server's next word finds nobody
  server.join();

  EXPECT_EQ(response.status().message(), "the answer's head is too long");
}

TEST_F(ClientTest, ReadsABodyThatLastsUntilTheEnd) {
  peer_->Say("HTTP/1.0 200 OK\r\n\r\nall of it");
  peer_->CloseWrite();

  const auto response = client_->Call(Get(), "");

  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->body, "all of it");
  EXPECT_FALSE(client_->reusable());
}

TEST_F(ClientTest, HeadAnswersHaveALengthAndNoBody) {
  peer_->Say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");

  const auto head = client_->Call({"HEAD", "/", {{"Host", "h"}}, {}}, "");
  const auto none = client_->Call({"DELETE", "/", {{"Host", "h"}}, {}}, "");

  EXPECT_EQ(head->headers.GetOr("Content-Length", ""), "500");
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(none->status, 204);
  EXPECT_TRUE(client_->reusable());
}

TEST_F(ClientTest, TruncatedAnswersAreErrors) {
  peer_->Say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort");
  peer_->CloseWrite();

  EXPECT_EQ(client_->Call(Get(), "").status().code(), Code::kUnavailable);
  EXPECT_FALSE(client_->reusable());
}

TEST_F(ClientTest, LongAnswersStopAtTheLimit) {
  peer_->Say("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901");

  EXPECT_EQ(client_->Call(Get(), "", 10).status().code(), Code::kResourceExhausted);
  EXPECT_FALSE(client_->reusable());
}

TEST_F(ClientTest, NonsenseIsAnError) {
  peer_->Say("SSH-2.0-OpenSSH\r\n\r\n");

  EXPECT_EQ(client_->Call(Get(), "").status().code(), Code::kUnavailable);
}

TEST_F(ClientTest, RefusesToSendLineBreaksInHeadersAndTargets) {
  EXPECT_EQ(client_->Call({"GET", "/ HTTP/1.1\r\nX: y", {{"Host", "h"}}, {}}, "").status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(client_->Call({"GET", "/", {{"Host", "h\r\nX: y"}}, {}}, "").status().code(),
            Code::kInvalidArgument);
}

TEST_F(ClientTest, ASilentServerEndsAtTheDeadline) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd peer(ends[1]);
  ClientConnection client(UniqueFd(ends[0]), milliseconds(20));

  EXPECT_EQ(client.Call(Get(), "").status().code(), Code::kDeadlineExceeded);
}

TEST_F(ClientTest, AnEarlyAnswerWinsOverABrokenPipe) {
  std::thread server([this] {
    peer_->HearHead();
    peer_->Say(
        "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    peer_->Close();
  });

  const auto response =
      client_->Call({"PUT", "/", {{"Host", "h"}}, {}}, std::string(32 << 20, 'x'));
  server.join();

  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->status, 413);
  EXPECT_FALSE(client_->reusable());
}

TEST_F(ClientTest, AnEarlyRefusalEndsTheSendingToAPeerThatReadsNoMore) {
  const std::string body(4 << 20, 'b');
  ASSERT_TRUE(client_->Begin({"PUT", "/", {{"Host", "h"}}, {}}, body).ok());
  ASSERT_TRUE(client_->Advance().ok());
  const auto ready = [this] {
    pollfd entry{.fd = client_->wait_fd(), .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, 0) == 1;
  };
  EXPECT_FALSE(ready());

  peer_->Say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nb");
  EXPECT_TRUE(ready());
  EXPECT_EQ(client_->Advance().value(), ClientConnection::Progress::kToRead);
  peer_->Say("ig");
  EXPECT_TRUE(ready());
  EXPECT_EQ(client_->Advance().value(), ClientConnection::Progress::kDone);

  const Response answer = client_->TakeAnswer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "big");
  EXPECT_FALSE(client_->reusable());
}

TEST_F(ClientTest, AnEarlyAnswerThatIsNoRefusalLetsTheRestBeSent) {
  std::thread server([this] {
    peer_->HearHead();
    peer_->Say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(peer_->HearBytes(4 << 20).size(), std::size_t{4 << 20});
    peer_->Say("ok");
  });

  const auto response = client_->Call({"PUT", "/", {{"Host", "h"}}, {}}, std::string(4 << 20, 'b'));
  server.join();

  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->body, "ok");
  EXPECT_TRUE(client_->reusable());
}

TEST_F(ClientTest, PiecesFollowTheToldLength) {
  peer_->Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(client_->SendHead({"PUT", "/", {{"Host", "h"}}, {}}, 4).ok());
  EXPECT_FALSE(client_->reusable());
  EXPECT_EQ(client_->SendBody("12345").code(), Code::kInvalidArgument);
  ASSERT_TRUE(client_->SendBody("12").ok());
  ASSERT_TRUE(client_->SendBody("34").ok());

  ASSERT_TRUE(client_->ReadHead().ok());

  char byte;
  EXPECT_EQ(client_->ReadBody(&byte, 1).value(), 0u);
  EXPECT_TRUE(client_->reusable());
}

TEST_F(ClientTest, AClosedPeerIsNotReusable) {
  peer_->Say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(client_->Call(Get(), "").ok());
  EXPECT_TRUE(client_->reusable());

  peer_->Close();

  EXPECT_FALSE(client_->reusable());
}

TEST(Connecting, NobodyThereIsUnavailable) {
  const auto folder = TempFolder::Create().value();

  EXPECT_EQ(ConnectUnix((folder.path() / "none").string(), kPatience).status().code(),
            Code::kUnavailable);
  EXPECT_EQ(ConnectUnix(std::string(200, 'a'), kPatience).status().code(), Code::kInvalidArgument);
}

TEST_F(ClientTest, StepsMoveWhatIsThereAndWaitForNothing) {
  using Progress = ClientConnection::Progress;
  ASSERT_TRUE(client_->Begin({"POST", "/x", {{"Host", "h"}}, {}}, "abc").ok());
  EXPECT_EQ(client_->Advance().value(), Progress::kToRead);
  EXPECT_TRUE(peer_->HearUntil("abc").starts_with("POST /x HTTP/1.1\r\n"));

  peer_->Say("HTTP/1.1 200 OK\r\nContent-Le");
  EXPECT_FALSE(client_->answer_begun());
  EXPECT_EQ(client_->Advance().value(), Progress::kToRead);
  EXPECT_TRUE(client_->answer_begun());
  peer_->Say("ngth: 5\r\n\r\nhe");
  EXPECT_EQ(client_->Advance().value(), Progress::kToRead);
  EXPECT_FALSE(client_->reusable());
  peer_->Say("llo");
  EXPECT_EQ(client_->Advance().value(), Progress::kDone);

  EXPECT_EQ(client_->TakeAnswer().body, "hello");
  EXPECT_TRUE(client_->reusable());
}

TEST_F(ClientTest, StepsSendABodyAsFarAsThePeerTakesIt) {
  using Progress = ClientConnection::Progress;
  const std::string body(4 << 20, 'b');
  ASSERT_TRUE(client_->Begin({"POST", "/x", {{"Host", "h"}}, {}}, body).ok());

  EXPECT_EQ(client_->Advance().value(), Progress::kToRead);  // or to write: whichever comes
  EXPECT_NE(client_->wait_fd(), client_->fd());
  std::size_t rounds = 0;
  std::thread reader([this, &body] {
    peer_->HearHead();
    EXPECT_EQ(peer_->HearBytes(body.size()), body);
    peer_->Say("HTTP/1.1 204 No Content\r\n\r\n");
  });
  for (;;) {
    const auto progress = client_->Advance();
    ASSERT_TRUE(progress.ok()) << progress.status().ToString();
    if (*progress == Progress::kDone) break;
    ASSERT_TRUE(internal::WaitReady(client_->wait_fd(),
                                    *progress == Progress::kToWrite ? internal::Io::Kind::kWantWrite
                                                                    : internal::Io::Kind::kWantRead,
                                    Clock::System().SteadyNow() + kPatience)
                    .ok());
    ++rounds;
  }
  reader.join();

  EXPECT_GT(rounds, 0u);
  EXPECT_EQ(client_->TakeAnswer().status, 204);
}

TEST_F(ClientTest, AStepSendsAMebibyteAtMost) {
  const int room = 8 << 20;
  // Without the right to that much room, the socket takes little by itself.
  if (::setsockopt(client_->fd(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
    GTEST_SKIP() << "needs CAP_NET_ADMIN";
  const std::string body(4 << 20, 'b');
  ASSERT_TRUE(client_->Begin({"POST", "/x", {{"Host", "h"}}, {}}, body).ok());

  EXPECT_EQ(client_->Advance().value(), ClientConnection::Progress::kToWrite);

  std::size_t heard = 0;
  std::string buffer(1 << 20, 0);
  for (ssize_t got; (got = ::recv(peer_->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;)
    heard += static_cast<std::size_t>(got);
  EXPECT_EQ(heard, 1u << 20);
}

TEST_F(ClientTest, AStepThatFindsThePeerGoneSaysSo) {
  ASSERT_TRUE(client_->Begin(Get(), "").ok());
  EXPECT_EQ(client_->Advance().value(), ClientConnection::Progress::kToRead);

  peer_->Close();

  EXPECT_EQ(client_->Advance().status().code(), Code::kUnavailable);
  EXPECT_FALSE(client_->answer_begun());
  EXPECT_FALSE(client_->reusable());
}

}  // namespace
}  // namespace sagebrush::http
