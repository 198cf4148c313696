// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/end_server.h"

#include <cstdlib>
#include <future>
#include <gtest/gtest.h>

#include "apps/sagebrush/restart_policy.h"
#include "base/file.h"
#include "http/client.h"

namespace sagebrush::apps {
namespace {

using namespace std::chrono_literals;

// A server whose handlers wait for `answer`, and a client that has asked it.
class AskedServer {
 public:
  AskedServer() {
    server_ = http::Server::Create({}, [this](http::Exchange& exchange) {
                inside_.set_value();
                answer_.get_future().wait();
                (void)exchange.Send({.status = 204, .headers = {}, .body = {}});
              }).value();
    const int port = server_->ListenTcp("127.0.0.1", 0).value();
    client_ = http::ConnectTcp("127.0.0.1", port, 5s).value();
    if (!WriteAll(client_.get(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n").ok()) std::abort();
    inside_.get_future().wait();
  }
  http::Server& server() { return *server_; }
  void Answer() { answer_.set_value(); }

 private:
  std::promise<void> inside_, answer_;
  std::unique_ptr<http::Server> server_;
  UniqueFd client_;
};

void FailWhileAHandlerRuns(const Status& failure) {
  AskedServer asked;
  std::atexit([] { std::_Exit(99); });  // in order would run this, and wait for the handler before
  (void)EndServer(asked.server(), failure);
  std::_Exit(98);  // it came back
}

class EndServerDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(EndServerDeathTest, AFailureWhileAHandlerRunsLeavesAtOnceWithItsExitCode) {
  EXPECT_EXIT(FailWhileAHandlerRuns(FailedPrecondition("the disk is gone")),
              ::testing::ExitedWithCode(kRefusedToStart), "sagebrush: the disk is gone");
  EXPECT_EXIT(FailWhileAHandlerRuns(Unavailable("later")), ::testing::ExitedWithCode(1), "later");
}

TEST(EndServer, ComesBackWithTheStatusOnceEveryHandlerHasEnded) {
  AskedServer asked;
  asked.Answer();

  EXPECT_EQ(EndServer(asked.server(), Unavailable("x")), Unavailable("x"));
}

}  // namespace
}  // namespace sagebrush::apps
