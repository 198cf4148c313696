// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using State = InstanceObservation::State;

Generation MakeGeneration(const std::string& config, std::size_t instances = 1) {
  EndpointVariant variant{.name = "AllTraffic", .weight = 1, .plan = {}, .instances = {}};
  variant.plan.workload.runtime = "r";
  variant.instances.resize(instances);
  return {.config_name = config, .variants = {variant}};
}

class EndpointTest : public ::testing::Test {
 protected:
  EndpointTest() {
    state_.coming = MakeGeneration("c1");
    seen_.runtimes["AllTraffic"].state = RuntimeStatus::State::kReady;
  }
  EndpointStep Advance() {
    EndpointStep step = Step(state_, seen_, now_, [this] { return "i-" + std::to_string(++ids_); });
    state_ = EndpointState::FromJson(step.next.ToJson());
    for (const auto& id : step.create) seen_.instances[id].instance.state = State::kRunning;
    return step;
  }
  void Ready(const std::string& id) {
    seen_.instances[id].reports.push_back(
        {.number = 1, .at = now_, .phase = "Ready", .message = {}, .failure = {}, .exit_code = 0});
  }
  void Serve() {
    Advance();
    Ready("i-1");
    Advance();
  }

  EndpointState state_;
  EndpointObservation seen_;
  TimePoint now_ = FromMillis(1'000'000);
  int ids_ = 0;
};

TEST_F(EndpointTest, IsInServiceOnceItsInstanceIsReady) {
  EXPECT_THAT(Advance().create, ElementsAre("i-1"));
  EXPECT_EQ(state_.status, "Creating");
  Advance();
  EXPECT_EQ(state_.status, "Creating");
  Ready("i-1");
  Advance();

  EXPECT_EQ(state_.status, "InService");
  EXPECT_FALSE(state_.coming);
  EXPECT_TRUE(state_.serving->variants[0].instances[0].ready);
}

TEST_F(EndpointTest, WaitsForTheRuntime) {
  seen_.runtimes["AllTraffic"].state = RuntimeStatus::State::kMaking;
  EXPECT_THAT(Advance().create, IsEmpty());
  seen_.runtimes["AllTraffic"].state = RuntimeStatus::State::kReady;
  EXPECT_THAT(Advance().create, SizeIs(1));
}

TEST_F(EndpointTest, AnInstanceTakenDownWhileItComesUpGetsAnotherChance) {
  Advance();
  seen_.instances["i-1"].instance.state = State::kExited;

  EXPECT_THAT(Advance().remove, ElementsAre("i-1"));
  EXPECT_THAT(Advance().create, ElementsAre("i-2"));
  EXPECT_EQ(state_.status, "Creating");
}

TEST_F(EndpointTest, FailsWithAwsWordsWhenTheContainerDies) {
  Advance();
  seen_.instances["i-1"].reports.push_back({.number = 1,
                                            .at = now_,
                                            .phase = "Failed",
                                            .message = {},
                                            .failure = "no model",
                                            .exit_code = 1});
  const auto step = Advance();

  EXPECT_EQ(state_.status, "Failed");
  EXPECT_EQ(state_.failure_reason.find("The primary container for production variant AllTraffic "
                                       "did not pass the ping health check."),
            0U);
  EXPECT_THAT(step.remove, ElementsAre("i-1"));
}

TEST_F(EndpointTest, FailsWhenMemoryIsShort) {
  seen_.fits = false;
  EXPECT_THAT(Advance().create, IsEmpty());
  EXPECT_EQ(state_.status, "Failed");
  EXPECT_NE(state_.failure_reason.find("InsufficientInstanceCapacity"), std::string::npos);
}

TEST_F(EndpointTest, AVariantThatCannotComeUpTakesWhatTheStepWouldHaveMadeWithIt) {
  EndpointVariant second = state_.coming->variants[0];
  second.name = "B";
  state_.coming->variants.push_back(second);
  seen_.runtimes["B"].state = RuntimeStatus::State::kFailed;

  const auto step = Advance();

  EXPECT_EQ(state_.status, "Failed");
  EXPECT_THAT(step.create, IsEmpty());
  EXPECT_THAT(step.remove, IsEmpty());
}

TEST_F(EndpointTest, AnUpdateServesTheOldUntilAllOfTheNewIsReady) {
  Serve();
  state_ = UpdateRequested(state_, MakeGeneration("c2", 2));
  Advance();
  Ready("i-2");
  auto step = Advance();
  EXPECT_EQ(state_.serving->config_name, "c1");
  EXPECT_THAT(step.remove, IsEmpty());
  Ready("i-3");
  step = Advance();

  EXPECT_EQ(state_.serving->config_name, "c2");
  EXPECT_EQ(state_.status, "InService");
  EXPECT_THAT(step.remove, ElementsAre("i-1"));
}

TEST_F(EndpointTest, AFailedUpdateLeavesTheOldInService) {
  Serve();
  state_ = UpdateRequested(state_, MakeGeneration("c2"));
  Advance();
  seen_.instances["i-2"].reports.push_back({.number = 1,
                                            .at = now_,
                                            .phase = "Failed",
                                            .message = {},
                                            .failure = "no model",
                                            .exit_code = 1});
  Advance();

  EXPECT_EQ(state_.status, "InService");
  EXPECT_EQ(state_.serving->config_name, "c1");
  EXPECT_FALSE(state_.failure_reason.empty());
}

TEST_F(EndpointTest, ADeadServingInstanceIsReplacedAfterAPause) {
  Serve();
  seen_.instances["i-1"].instance.state = State::kExited;
  auto step = Advance();
  EXPECT_THAT(step.remove, ElementsAre("i-1"));
  EXPECT_THAT(step.create, IsEmpty());

  now_ += std::chrono::seconds(2);
  step = Advance();
  EXPECT_THAT(step.create, ElementsAre("i-2"));
  EXPECT_EQ(state_.status, "InService");
  EXPECT_FALSE(state_.serving->variants[0].instances[0].ready);
}

TEST_F(EndpointTest, AServingInstanceWhoseAgentHasGoneSilentIsReplaced) {
  Serve();
  seen_.instances["i-1"].silence = kLongestSilence;
  EXPECT_THAT(Advance().remove, IsEmpty());

  seen_.instances["i-1"].silence += std::chrono::seconds(1);

  EXPECT_THAT(Advance().remove, ElementsAre("i-1"));
}

TEST_F(EndpointTest, ARecordedInstanceThatNeverStartedIsStarted) {
  Advance();
  seen_.instances["i-1"].instance.state = State::kAbsent;
  EXPECT_THAT(Advance().start, ElementsAre("i-1"));
}

TEST_F(EndpointTest, AnInstanceThatRanAndVanishedIsReplacedNotStartedAgain) {
  Serve();
  seen_.instances["i-1"].instance.state = State::kAbsent;
  const auto step = Advance();

  EXPECT_THAT(step.start, IsEmpty());
  EXPECT_THAT(step.remove, ElementsAre("i-1"));
}

TEST_F(EndpointTest, DeletingRemovesEverythingAndForgetsWhatIsGone) {
  Serve();
  state_ = DeleteRequested(state_);
  EXPECT_THAT(Advance().remove, ElementsAre("i-1"));
  EXPECT_THAT(Advance().remove, ElementsAre("i-1"));
  seen_.instances.erase("i-1");
  Advance();

  EXPECT_THAT(state_.leaving, IsEmpty());
  EXPECT_FALSE(state_.serving);
}

}  // namespace
}  // namespace sagebrush::orchestrator
