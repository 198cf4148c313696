// SPDX-License-Identifier: Apache-2.0
#include "agent/control_link.h"

#include <future>
#include <gtest/gtest.h>

#include "agent/fake_control_server.h"
#include "base/file.h"

namespace sagebrush::agent {
namespace {

class ControlLinkTest : public ::testing::Test {
 protected:
  ControlLinkTest()
      : folder_(TempFolder::Create("sb").value()), path_(folder_.path() / "control.sock") {}

  ControlLink::Options Options(const std::string& token = "t") const {
    return {.socket_path = path_.string(),
            .instance = "i-1",
            .token = token,
            .first_pause = std::chrono::milliseconds(1),
            .last_pause = std::chrono::milliseconds(5),
            .ping_interval = std::chrono::milliseconds(5),
            .welcome_timeout = std::chrono::milliseconds(200)};
  }
  // Reads what the agent's side says to a bare socket.
  static Frame Receive(int socket) {
    return ReceiveFrame(socket, std::chrono::seconds(10)).value();
  }
  static UniqueFd Accept(int listener) {
    return UniqueFd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  }

  TempFolder folder_;
  fs::path path_;
};

TEST_F(ControlLinkTest, SaysHelloAndThenPings) {
  const UniqueFd listener = ListenAt(path_);
  ControlLink link(Options(), {});
  link.Start();
  const UniqueFd socket = Accept(listener.get());

  EXPECT_EQ(Receive(socket.get()).message.Dump(),
            R"({"type":"hello","instance":"i-1","token":"t"})");
  ASSERT_TRUE(
      SendFrame(socket.get(),
                Json::Object({{"type", "welcome"}, {"log_sequence", 0}, {"report_number", 0}}))
          .ok());

  EXPECT_EQ(Receive(socket.get()).message.GetString("type"), "ping");
  EXPECT_EQ(Receive(socket.get()).message.GetString("type"), "ping");
}

TEST_F(ControlLinkTest, SendsNothingBeforeTheWelcome) {
  const UniqueFd listener = ListenAt(path_);
  ControlLink link(Options(), {});
  EXPECT_EQ(link.Send(Json::Object({{"type", "logs"}})).code(), Code::kUnavailable);
  link.Start();
  const UniqueFd socket = Accept(listener.get());
  Receive(socket.get());

  EXPECT_EQ(link.Send(Json::Object({{"type", "logs"}})).code(), Code::kUnavailable);
}

TEST_F(ControlLinkTest, DialsAgainWhereNobodyAnswersOrBytesAreNoFrame) {
  const UniqueFd listener = ListenAt(path_);
  ControlLink link(Options(), {});
  link.Start();
  const UniqueFd silent = Accept(listener.get());  // never says welcome
  const UniqueFd babbling = Accept(listener.get());
  (void)!::write(babbling.get(), "\xFF\xFF\xFF\xFF garbage", 12);

  const UniqueFd next = Accept(listener.get());

  EXPECT_EQ(Receive(next.get()).message.GetString("type"), "hello");
}

TEST_F(ControlLinkTest, GivesUpWhenRefused) {
  FakeControlServer server(path_, "i-1", "another token");
  server.Start();
  std::promise<std::string> refused;
  ControlLink link(Options(),
                   {.on_welcome = {},
                    .on_logs_ack = {},
                    .on_report_ack = {},
                    .on_dial = {},
                    .on_stop = {},
                    .on_refused = [&](const std::string& reason) { refused.set_value(reason); }});
  link.Start();

  auto future = refused.get_future();
  ASSERT_EQ(future.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(future.get(), "wrong token");
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(ControlLinkTest, StopsAtOnceWhileItWaits) {
  const UniqueFd listener = ListenAt(path_);
  ControlLink link(Options(), {});
  link.Start();
  const UniqueFd socket = Accept(listener.get());

  link.Stop();  // the test's own time limit is the assertion
}

}  // namespace
}  // namespace sagebrush::agent
