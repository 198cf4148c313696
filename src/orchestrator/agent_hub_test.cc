// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/agent_hub.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/frame.h"
#include "http/client.h"

namespace sagebrush::orchestrator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSoon{5000};

class AgentHubTest : public ::testing::Test {
 protected:
  AgentHubTest()
      : folder_(TempFolder::Create().value()),
        database_(
            metastore::Database::Open(folder_.path() / "records.db", metastore::kRecordMigrations)
                .value()),
        records_(metastore::RecordStore::Create(*database_)),
        instances_(*records_, Clock::System()),
        hub_(instances_,
             {.store_logs = [this](const Instance&, std::int64_t first,
                                   std::vector<LogLine> lines) -> Result<std::int64_t> {
                if (disk_is_full_) return ResourceExhausted("no space left");
                return first + static_cast<std::int64_t>(lines.size()) - 1;
              },
              .serve_api = [](UniqueFd, const std::string&) -> Result<int> { return 1; },
              .stop_api = [](int) {},
              .changed = [] {}},
             milliseconds(300)) {
    Instance instance;
    instance.id = "i-1";
    EXPECT_TRUE(records_->Commit({instances_.InsertWrite(instance)}).ok());
    EXPECT_TRUE(instances_.SetToken("i-1", "secret").ok());
    EXPECT_TRUE(hub_.Attach("i-1", folder_.path()).ok());
  }

  // Says hello; the answer is the caller's to read.
  UniqueFd Call(const std::string& token) {
    UniqueFd socket = http::ConnectUnix((folder_.path() / "control.sock").string(), kSoon).value();
    EXPECT_TRUE(SendFrame(socket.get(),
                          Json::Object({{"type", "hello"}, {"instance", "i-1"}, {"token", token}}))
                    .ok());
    return socket;
  }
  static Json Receive(const UniqueFd& socket) {
    auto frame = ReceiveFrame(socket.get(), kSoon);
    return frame.ok() ? frame->message : Json::Object({{"type", frame.status().ToString()}});
  }

  std::atomic<bool> disk_is_full_{false};
  TempFolder folder_;
  std::unique_ptr<metastore::Database> database_;
  std::unique_ptr<metastore::RecordStore> records_;
  Instances instances_;
  AgentHub hub_;
};

TEST_F(AgentHubTest, AWrongTokenIsRefusedAndTheRightOneWelcomed) {
  EXPECT_EQ(Receive(Call("guess")).GetString("type"), "refused");
  EXPECT_EQ(Receive(Call("secret")).GetString("type"), "welcome");
}

TEST_F(AgentHubTest, AReportIsStoredBeforeItIsAcknowledgedAndTheWelcomeTellsIt) {
  {
    const UniqueFd agent = Call("secret");
    Receive(agent);
    ASSERT_TRUE(
        SendFrame(
            agent.get(),
            Json::Object({{"type", "report"}, {"number", 1}, {"at", 5}, {"phase", "Training"}}))
            .ok());
    EXPECT_EQ(Receive(agent).GetInt("number"), 1);
    EXPECT_EQ(instances_.Get("i-1")->reports.size(), 1U);
  }
  EXPECT_EQ(Receive(Call("secret")).GetInt("report_number"), 1);
}

TEST_F(AgentHubTest, AfterAFailedStoreTheNextConnectionWaitsButTheEndDoesNot) {
  const UniqueFd first = Call("secret");
  ASSERT_EQ(Receive(first).GetString("type"), "welcome");
  disk_is_full_ = true;
  ASSERT_TRUE(
      SendFrame(first.get(), Json::Object({{"type", "logs"},
                                           {"first", 1},
                                           {"events", Json::Array({Json::Array({0, "x"})})}}))
          .ok());
  ASSERT_FALSE(ReceiveFrame(first.get(), kSoon).ok());

  const UniqueFd second = Call("secret");
  EXPECT_EQ(ReceiveFrame(second.get(), milliseconds(200)).status().code(), Code::kDeadlineExceeded);
  const auto begun = std::chrono::steady_clock::now();
  hub_.Detach("i-1");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(700));
}

TEST_F(AgentHubTest, LinesWithoutANumberEndTheConnection) {
  const UniqueFd agent = Call("secret");
  Receive(agent);
  ASSERT_TRUE(SendFrame(agent.get(),
                        Json::Object({{"type", "logs"}, {"first", 0}, {"events", Json::Array()}}))
                  .ok());
  EXPECT_EQ(ReceiveFrame(agent.get(), kSoon).status().code(), Code::kUnavailable);
}

TEST_F(AgentHubTest, AnAgentThatDoesNotReadIsCutOffAndTheNextOneIsToldToStop) {
  const UniqueFd deaf = Call("secret");
  Receive(deaf);
  ASSERT_TRUE(SendFrame(deaf.get(), Json::Object({{"type", "ping"}})).ok());
  ASSERT_EQ(Receive(deaf).GetString("type"), "pong");
  // Each dial leaves a frame unread in the socket; when it is full, the connection goes.
  for (int i = 0; i < 100'000 && hub_.IsConnected("i-1"); ++i)
    EXPECT_FALSE(hub_.Dial("i-1", 8080, milliseconds(0)).ok());
  EXPECT_FALSE(hub_.IsConnected("i-1"));

  hub_.RequestStop("i-1", "enough");
  const UniqueFd next = Call("secret");
  EXPECT_EQ(Receive(next).GetString("type"), "welcome");
  EXPECT_EQ(Receive(next).GetString("type"), "stop");
}

TEST_F(AgentHubTest, AnAgentThatSaysNothingIsLetGoAndTheTimeSinceThenIsTold) {
  const UniqueFd frozen = Call("secret");
  Receive(frozen);

  // It holds its end open and pings no more: the server ends the connection.
  EXPECT_EQ(ReceiveFrame(frozen.get(), kSoon).status().code(), Code::kUnavailable);

  const auto deadline = std::chrono::steady_clock::now() + kSoon;
  while (hub_.SilenceOf("i-1") < milliseconds(50) && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_GE(hub_.SilenceOf("i-1"), milliseconds(50));
  const UniqueFd again = Call("secret");
  EXPECT_EQ(Receive(again).GetString("type"), "welcome");
  ASSERT_TRUE(SendFrame(again.get(), Json::Object({{"type", "ping"}})).ok());
  EXPECT_EQ(Receive(again).GetString("type"), "pong");
  EXPECT_EQ(hub_.SilenceOf("i-1"), milliseconds(0));
}

// User code shares its agent's uid: should it ever get hold of the connection, this is what it could pass for port 8080.
TEST_F(AgentHubTest, ADescriptorThatIsNoConnectedSocketOfTheNetworkIsRefused) {
  int pair[2], pipe[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  const UniqueFd owned[] = {UniqueFd(pair[0]), UniqueFd(pair[1]), UniqueFd(pipe[0]),
                            UniqueFd(pipe[1])};
  const UniqueFd file = OpenFile(folder_.path() / "records.db", O_RDONLY).value();
  const UniqueFd unconnected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const UniqueFd datagrams(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

  for (const int odd : {file.get(), pair[0], pipe[0], unconnected.get(), datagrams.get(), -1}) {
    const UniqueFd agent = Call("secret");
    Receive(agent);
    std::thread answers([&] {
      const Json dial = Receive(agent);
      (void)SendFrame(agent.get(), Json::Object({{"type", "dialled"}, {"id", dial.GetInt("id")}}),
                      odd);
    });
    const auto dialled = hub_.Dial("i-1", 8080, kSoon);
    answers.join();
    EXPECT_EQ(dialled.status().code(), Code::kUnavailable);
    EXPECT_NE(dialled.status().message().find("no connected socket"), std::string::npos);
  }
}

TEST_F(AgentHubTest, WhatNoAgentSaysEndsTheConnectionAndIsNotStored) {
  const Json odd[] = {
      Json::Object({{"type", "report"}, {"number", kServersOwnReport}, {"phase", "Failed"}}),
      Json::Object({{"type", "report"}, {"number", -1}, {"phase", "Completed"}}),
      Json::Object({{"type", "report"}, {"number", 1}, {"phase", std::string(1000, 'x')}}),
      Json::Object({{"type", "logs"}, {"first", 1}, {"events", "none"}}),
      Json::Object({{"type", "logs"}, {"first", 1}, {"events", Json::Array({Json::Array({1})})}}),
      Json::Object({{"type", "welcome"}}),
      Json::Object({})};
  for (const Json& message : odd) {
    const UniqueFd agent = Call("secret");
    Receive(agent);
    ASSERT_TRUE(SendFrame(agent.get(), message).ok());
    EXPECT_EQ(ReceiveFrame(agent.get(), kSoon).status().code(), Code::kUnavailable)
        << message.Dump().substr(0, 80);
  }
  EXPECT_TRUE(instances_.Get("i-1")->reports.empty());
}

}  // namespace
}  // namespace sagebrush::orchestrator
