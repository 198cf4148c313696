// SPDX-License-Identifier: Apache-2.0
// The reconcile pass over real records and a back end of a map: what a crash between any two steps leaves, a new server mends.
#include "orchestrator/training_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>

#include "base/file.h"
#include "base/hash.h"
#include "orchestrator/agent_hub.h"
#include "orchestrator/test_backend.h"
#include "testing/fake_clock.h"
#include "testing/memory_record_store.h"

namespace sagebrush::orchestrator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr char kScope[] = "123456789012/us-west-2";

// What a server is made of, and what goes with it when it is killed.
struct Server {
  Server(metastore::RecordStore& records, Backend& backend, const Catalogue& catalogue,
         const fs::path& cache, const Clock& clock)
      : instances(records, clock),
        hub(instances,
            {.store_logs = [](const Instance&, std::int64_t,
                              std::vector<LogLine>) -> Result<std::int64_t> { return -1; },
             .serve_api = [](UniqueFd, const std::string&) -> Result<int> { return 1; },
             .stop_api = [](int) {},
             .changed = [] {}}),
        runner(records, instances, backend, hub, [] {}),
        runtimes(cache, [] {}),
        controller({.records = records,
                    .instances = instances,
                    .runner = runner,
                    .catalogue = catalogue,
                    .runtimes = runtimes,
                    .clock = clock,
                    .machine = {.cores = 2, .memory_bytes = 16 * kGiB},
                    .programs = {}}) {}

  Instances instances;
  AgentHub hub;
  InstanceRunner runner;
  RuntimeMaker runtimes;
  TrainingController controller;
};

class TrainingControllerTest : public ::testing::Test {
 protected:
  TrainingControllerTest() {
    // A runtime that stands already: an empty recipe and the marker it leaves.
    fs::create_directories(folder_.path() / "runtimes/toy");
    fs::create_directories(folder_.path() / "cache/runtimes/toy");
    EXPECT_TRUE(WriteFile(folder_.path() / "runtimes/toy.json",
                          R"({"name":"toy","python":"bin/python","make":"toy/make","images":[]})")
                    .ok());
    EXPECT_TRUE(WriteFile(folder_.path() / "cache/runtimes/toy/.made", HexEncode(Sha256(""))).ok());
    catalogue_ = std::make_unique<Catalogue>(Catalogue::Load(folder_.path() / "runtimes").value());
    Restart();
  }

  void Restart() {
    server_.reset();
    server_ =
        std::make_unique<Server>(records_, backend_, *catalogue_, folder_.path() / "cache", clock_);
    ASSERT_TRUE(server_->runner.Adopt().ok());
  }
  void Submit(const std::string& name) {
    metastore::Record record;
    record.key = {kTrainingJobKind, kScope, name};
    record.created = record.modified = clock_.Now();
    record.document = Json::Object();
    TrainingPlan plan;
    plan.workload.runtime = "toy";
    plan.workload.instance_type = "ml.m5.large";
    plan.workload.principal = "p";
    plan.workload.log_group = "g";
    plan.log_stream = name;
    SetPlan(&record, plan);
    SetState(&record, NewTrainingState(clock_.Now()));
    ASSERT_TRUE(records_.Insert(record).ok());
  }
  void Pass() { ASSERT_TRUE(server_->controller.Reconcile().ok()); }
  TrainingState StateOf(const std::string& name) {
    return TrainingStateOf(records_.Get({kTrainingJobKind, kScope, name}).value());
  }
  void Report(const std::string& name, int number, const std::string& phase) {
    ASSERT_TRUE(server_->instances
                    .AddReport(StateOf(name).instance, {.number = number,
                                                        .at = clock_.Now(),
                                                        .phase = phase,
                                                        .message = {},
                                                        .failure = {},
                                                        .exit_code = 0})
                    .ok());
  }

  TempFolder folder_ = TempFolder::Create().value();
  sagebrush::testing::FakeClock clock_;
  sagebrush::testing::MemoryRecordStore records_;
  TestBackend backend_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<Server> server_;
};

TEST_F(TrainingControllerTest, AJobRecordedBeforeACrashRunsOnceAfterTheRestart) {
  Submit("j");
  Restart();
  Pass();
  Restart();
  Pass();
  Pass();

  EXPECT_THAT(backend_.starts(), SizeIs(1));
  EXPECT_EQ(StateOf("j").status, "InProgress");
}

TEST_F(TrainingControllerTest, AnInstanceRecordedBeforeACrashButNeverStartedIsStarted) {
  Submit("j");
  Pass();
  ASSERT_TRUE(
      backend_.Remove(StateOf("j").instance).ok());  // as if the crash had come before the start
  Restart();
  Pass();

  EXPECT_THAT(backend_.starts(), SizeIs(2));
  EXPECT_EQ(backend_.starts()[0], backend_.starts()[1]);
}

TEST_F(TrainingControllerTest, AJobWhoseInstanceDiedWhileNobodyLookedFailsAndNeverRunsAgain) {
  Submit("j");
  Pass();
  Report("j", 1, "Training");
  backend_.End(StateOf("j").instance, 137);
  Restart();
  Pass();
  Pass();

  EXPECT_EQ(StateOf("j").status, "Failed");
  EXPECT_THAT(backend_.starts(), SizeIs(1));
}

TEST_F(TrainingControllerTest, WhatAnAgentSaidBeforeTheCrashStands) {
  Submit("j");
  Pass();
  Report("j", 1, "Training");
  Report("j", 2, "Completed");
  backend_.End(StateOf("j").instance, 0);
  Restart();
  Pass();

  EXPECT_EQ(StateOf("j").status, "Completed");
}

TEST_F(TrainingControllerTest, AMachineThatCannotStartItFailsTheJobWithTheReason) {
  Submit("j");
  backend_.FailNextStart(Internal("cannot start a sandbox: no namespaces"));
  Pass();

  EXPECT_EQ(StateOf("j").status, "Failed");
  EXPECT_THAT(StateOf("j").failure_reason, HasSubstr("no namespaces"));
}

TEST_F(TrainingControllerTest, MoreJobsThanCoresWaitAndSayWhatFor) {
  for (const char* name : {"a", "b", "c"}) {
    Submit(name);
    clock_.Advance(std::chrono::seconds(1));
  }
  Pass();

  EXPECT_THAT(backend_.starts(), SizeIs(2));
  EXPECT_EQ(StateOf("c").secondary, "Pending");
  EXPECT_THAT(StateOf("c").transitions.back().message, HasSubstr("Waiting for"));
}

TEST_F(TrainingControllerTest, AnInstanceThatNoRecordKnowsIsRemovedAtTheStart) {
  ASSERT_TRUE(
      backend_.Start({.id = "i-orphan", .host_name = "algo-1", .work_order = {}, .read_only = {}})
          .ok());

  Restart();

  EXPECT_THAT(*backend_.List(), SizeIs(0));
}

TEST_F(TrainingControllerTest, ShutdownEndsEveryJobWithAReason) {
  Submit("j");
  Pass();
  ASSERT_TRUE(server_->controller.Shutdown().ok());

  EXPECT_EQ(StateOf("j").status, "Failed");
  EXPECT_THAT(StateOf("j").failure_reason, HasSubstr("stopped together with its workloads"));
  EXPECT_EQ(backend_.Observe(StateOf("j").instance).state, TestBackend::State::kExited);
}

}  // namespace
}  // namespace sagebrush::orchestrator
