// SPDX-License-Identifier: Apache-2.0
#include "agent/reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_clock.h"

namespace sagebrush::agent {
namespace {

using ::testing::ElementsAre;

class ReportsTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  bool connected_ = true;
  std::vector<std::int64_t> sent_;
  Reports reports_{[this](const Json& message) {
                     if (!connected_) return Unavailable("no server");
                     sent_.push_back(message.GetInt("number"));
                     return Status::Ok();
                   },
                   clock_};
};

TEST_F(ReportsTest, AreRepeatedFromWhereTheServerIs) {
  connected_ = false;
  for (const char* phase : {"Downloading", "Training", "Uploading"}) reports_.Add(phase);
  connected_ = true;

  reports_.Welcome(1);

  EXPECT_THAT(sent_, ElementsAre(2, 3));
  EXPECT_FALSE(reports_.WaitUntilAcknowledged(std::chrono::milliseconds(0)));
  reports_.Acknowledge(3);
  EXPECT_TRUE(reports_.WaitUntilAcknowledged(std::chrono::milliseconds(0)));
}

TEST_F(ReportsTest, NewOnesWaitForTheWelcomeOfTheirConnection) {
  connected_ = false;
  reports_.Add("Downloading");
  connected_ = true;

  reports_.Add("Training");
  EXPECT_THAT(sent_, ElementsAre());
  reports_.Welcome(0);
  EXPECT_THAT(sent_, ElementsAre(1, 2));

  sent_.clear();
  reports_.Disconnected();
  reports_.Add("Uploading");
  EXPECT_THAT(sent_, ElementsAre());
  reports_.Welcome(0);
  EXPECT_THAT(sent_, ElementsAre(1, 2, 3));
}

TEST_F(ReportsTest, LeaveAtOnceWithNumberTimeAndMembers) {
  Json seen;
  Reports reports(
      [&](const Json& message) {
        seen = message;
        return Status::Ok();
      },
      clock_);

  reports.Welcome(0);
  reports.Add("Failed", Json::Object({{"failure", "x"}, {"exit_code", 1}}));

  EXPECT_EQ(
      seen.Dump(),
      R"({"type":"report","number":1,"at":1795551460000,"phase":"Failed","failure":"x","exit_code":1})");
}

}  // namespace
}  // namespace sagebrush::agent
