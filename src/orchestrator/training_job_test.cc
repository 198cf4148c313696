// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/training_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

using ::testing::ElementsAre;
using State = InstanceObservation::State;

constexpr std::chrono::hours kMaxRuntime{24};
const TimePoint kStart = FromMillis(1'000'000);

TimePoint After(int seconds) { return kStart + std::chrono::seconds(seconds); }

class TrainingJobTest : public ::testing::Test {
 protected:
  TrainingJobTest() : state_(NewTrainingState(kStart)) {
    seen_.runtime.state = RuntimeStatus::State::kReady;
    seen_.admitted = true;
  }

  // One step; the state moves on.
  TrainingAction Advance(int seconds = 1) {
    TrainingStep step = Step(state_, seen_, kMaxRuntime, After(seconds));
    state_ =
        TrainingState::FromJson(step.next.ToJson());  // through the record's form, as in the loop
    return step.action;
  }
  void Run() {
    state_.instance = "i-1";
    seen_.instance.state = State::kRunning;
  }
  void Report(const std::string& phase, int seconds, const std::string& message = "",
              const std::string& failure = "") {
    seen_.reports.push_back({.number = static_cast<int>(seen_.reports.size()) + 1,
                             .at = After(seconds),
                             .phase = phase,
                             .message = message,
                             .failure = failure,
                             .exit_code = 0});
  }
  std::vector<std::string> Statuses() const {
    std::vector<std::string> statuses;
    for (const auto& transition : state_.transitions) statuses.push_back(transition.status);
    return statuses;
  }

  TrainingState state_;
  TrainingObservation seen_;
};

TEST_F(TrainingJobTest, AnAdmittedJobGetsItsInstance) {
  EXPECT_EQ(Advance(), TrainingAction::kCreateInstance);
}

TEST_F(TrainingJobTest, AWaitingJobIsPendingAndSaysWhatItWaitsFor) {
  seen_.admitted = false;
  seen_.waits_for = "Waiting for memory";

  EXPECT_EQ(Advance(), TrainingAction::kNone);

  EXPECT_EQ(state_.status, "InProgress");
  EXPECT_EQ(state_.secondary, "Pending");
  EXPECT_EQ(state_.transitions.back().message, "Waiting for memory");
}

TEST_F(TrainingJobTest, MakingTheRuntimeShowsAsDownloadingTheImageWithProgress) {
  seen_.runtime = {.state = RuntimeStatus::State::kMaking, .text = "40 unpacking", .folder = {}};
  Advance(1);
  seen_.runtime.text = "80 installing";
  Advance(2);

  EXPECT_THAT(Statuses(), ElementsAre("Starting", "DownloadingTrainingImage"));
  EXPECT_NE(state_.transitions.back().message.find("80 installing"), std::string::npos);
}

TEST_F(TrainingJobTest, ARuntimeThatCannotBeMadeFailsTheJob) {
  seen_.runtime = {.state = RuntimeStatus::State::kFailed, .text = "no network", .folder = {}};

  Advance();

  EXPECT_EQ(state_.status, "Failed");
  EXPECT_EQ(state_.failure_reason, "InternalServerError: no network");
}

TEST_F(TrainingJobTest, ReportsBecomeTransitionsWithoutGaps) {
  Run();
  Report("Downloading", 2);
  Report("Training", 3);
  Advance(4);
  Report("Uploading", 9);
  Report("Completed", 10);
  Advance(11);

  EXPECT_THAT(Statuses(),
              ElementsAre("Starting", "Downloading", "Training", "Uploading", "Completed"));
  EXPECT_EQ(state_.instance_started(), After(2));
  for (std::size_t i = 0; i + 1 < state_.transitions.size(); ++i)
    EXPECT_EQ(state_.transitions[i].end, state_.transitions[i + 1].start);
  EXPECT_EQ(state_.status, "Completed");
  EXPECT_TRUE(state_.has_model);
  EXPECT_EQ(state_.training_started, After(3));
  EXPECT_EQ(state_.ended, After(10));
}

TEST_F(TrainingJobTest, AReportIsAppliedOnce) {
  Run();
  Report("Downloading", 2);
  Advance(3);
  Advance(4);

  EXPECT_THAT(Statuses(), ElementsAre("Starting", "Downloading"));
  EXPECT_EQ(state_.reports_applied, 1);
}

TEST_F(TrainingJobTest, TheUsersFailureIsKeptWordForWord) {
  Run();
  Report("Training", 3);
  Report("Failed", 4, "", "AlgorithmError: boom, exit code: 1");
  Advance(5);

  EXPECT_EQ(state_.status, "Failed");
  EXPECT_EQ(state_.failure_reason, "AlgorithmError: boom, exit code: 1");
}

TEST_F(TrainingJobTest, StoppingAsksTheAgentUntilItSaysStopped) {
  Run();
  Report("Training", 3);
  Advance(4);
  state_ = StopRequested(state_, After(5));

  EXPECT_EQ(Advance(5), TrainingAction::kStopInstance);
  EXPECT_EQ(state_.status, "Stopping");
  EXPECT_EQ(Advance(6), TrainingAction::kStopInstance);
  Report("Stopping", 6);
  Report("Uploading", 7);
  Report("Stopped", 8);
  EXPECT_EQ(Advance(9), TrainingAction::kNone);

  EXPECT_THAT(Statuses(), ElementsAre("Starting", "Training", "Stopping", "Uploading", "Stopped"));
  EXPECT_EQ(state_.status, "Stopped");
}

TEST_F(TrainingJobTest, AnAgentThatDoesNotStopIsKilled) {
  Run();
  state_ = StopRequested(state_, kStart);

  EXPECT_EQ(Advance(3600), TrainingAction::kKillInstance);
}

TEST_F(TrainingJobTest, AnAgentThatHadToBeKilledLeavesAStoppedJob) {
  Run();
  state_ = StopRequested(state_, kStart);
  seen_.instance = {.state = State::kExited, .exit_code = 137, .out_of_memory = false};

  EXPECT_EQ(Advance(3601), TrainingAction::kNone);
  EXPECT_EQ(state_.status, "Stopped");
  EXPECT_EQ(state_.failure_reason, "");
}

TEST_F(TrainingJobTest, AJobWhoseAgentHasGoneSilentFailsAndSaysWhy) {
  Run();
  Report("Training", 3);
  seen_.silence = kLongestSilence;
  Advance(63);
  EXPECT_EQ(state_.status, "InProgress");

  seen_.silence += std::chrono::seconds(1);
  Advance(64);

  EXPECT_EQ(state_.status, "Failed");
  EXPECT_EQ(state_.failure_reason.find("InternalServerError: the training instance runs but its "
                                       "agent has not answered for 60 s"),
            0U);
}

TEST_F(TrainingJobTest, ASilentAgentThatWasToStopLeavesAStoppedJob) {
  Run();
  state_ = StopRequested(state_, kStart);
  seen_.silence = kLongestSilence + std::chrono::seconds(1);

  Advance(62);

  EXPECT_EQ(state_.status, "Stopped");
}

TEST_F(TrainingJobTest, SilenceOfADeadInstanceIsNoReasonOfItsOwn) {
  Run();
  Report("Completed", 3);
  seen_.instance.state = State::kExited;
  seen_.silence = std::chrono::hours(1);

  Advance(4);

  EXPECT_EQ(state_.status, "Completed");
}

TEST_F(TrainingJobTest, AnInstanceThatRanAndVanishedIsNotRunAgain) {
  Run();
  Report("Training", 3);
  seen_.instance.state = State::kAbsent;

  EXPECT_EQ(Advance(4), TrainingAction::kNone);
  EXPECT_EQ(state_.status, "Failed");
  EXPECT_NE(state_.failure_reason.find("vanished"), std::string::npos);
}

TEST_F(TrainingJobTest, ARecordedInstanceWhoseRuntimeCannotBeMadeFailsTheJob) {
  state_.instance = "i-1";
  seen_.runtime = {.state = RuntimeStatus::State::kFailed, .text = "no network", .folder = {}};

  EXPECT_EQ(Advance(), TrainingAction::kNone);
  EXPECT_EQ(state_.failure_reason, "InternalServerError: no network");
}

TEST_F(TrainingJobTest, AJobStoppedBeforeItStartedNeverStarts) {
  state_.stop_requested = true;

  EXPECT_EQ(Advance(), TrainingAction::kNone);
  EXPECT_EQ(state_.status, "Stopped");
}

TEST_F(TrainingJobTest, TimeRunOutIsMaxRuntimeExceeded) {
  Run();
  Report("Training", 3);
  Report("Stopped", 9, "MaxRuntimeExceeded");
  Advance(10);

  EXPECT_EQ(state_.status, "Stopped");
  EXPECT_EQ(state_.secondary, "MaxRuntimeExceeded");
}

TEST_F(TrainingJobTest, ARecordedInstanceThatNeverStartedIsStartedOnce) {
  state_.instance = "i-1";
  seen_.instance.state = State::kAbsent;
  EXPECT_EQ(Advance(), TrainingAction::kStartInstance);

  seen_.instance.state = State::kRunning;
  EXPECT_EQ(Advance(), TrainingAction::kNone);
}

TEST_F(TrainingJobTest, AnInstanceThatDiedIsNeverStartedAgain) {
  Run();
  Report("Training", 3);
  seen_.instance.state = State::kExited;
  seen_.instance.exit_code = 137;

  EXPECT_EQ(Advance(4), TrainingAction::kNone);
  EXPECT_EQ(state_.status, "Failed");
  EXPECT_EQ(state_.failure_reason,
            "InternalServerError: the training instance ended unexpectedly (exit code 137)");
}

TEST_F(TrainingJobTest, AKillForMemorySaysSo) {
  Run();
  seen_.instance = {.state = State::kExited, .exit_code = 137, .out_of_memory = true};

  Advance(4);

  EXPECT_NE(state_.failure_reason.find("OutOfMemory"), std::string::npos);
}

TEST_F(TrainingJobTest, AFailureThatTheAgentSawAsASignalIsNamedWhenItWasForMemory) {
  Run();
  seen_.instance.out_of_memory = true;
  Report("Training", 3);
  Report("Failed", 4, "", "AlgorithmError: ended by signal 9, exit code: 137");
  seen_.reports.back().exit_code = 137;

  Advance(5);

  EXPECT_NE(state_.failure_reason.find("OutOfMemoryError"), std::string::npos);
}

TEST_F(TrainingJobTest, LastWordsCountMoreThanTheDeath) {
  Run();
  Report("Training", 3);
  Report("Completed", 4);
  seen_.instance.state = State::kExited;

  Advance(5);

  EXPECT_EQ(state_.status, "Completed");
}

TEST_F(TrainingJobTest, ATerminalJobStaysAsItIs) {
  Run();
  Report("Completed", 4);
  Advance(5);
  const Json before = state_.ToJson();
  state_.stop_requested = false;
  seen_.instance.state = State::kAbsent;

  EXPECT_EQ(Advance(100), TrainingAction::kNone);
  EXPECT_EQ(state_.ToJson(), before);
}

}  // namespace
}  // namespace sagebrush::orchestrator
