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

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr char kScope[] = "123456789012/us-west-2";

// Records in memory that count commits, and let a test change something in the moment before one.
class ObservedStore final : public metastore::RecordStore {
 public:
  Result<metastore::Record> Get(const metastore::Key& key) override { return inner_.Get(key); }
  Result<metastore::Page> List(const metastore::Filter& filter,
                               const metastore::ListOptions& options) override {
    return inner_.List(filter, options);
  }
  Result<std::int64_t> Count(const metastore::Filter& filter) override {
    return inner_.Count(filter);
  }
  int commits() const { return commits_; }
  // A change that nobody who watches is told of.
  Status ChangeUnseen(const metastore::Record& record) {
    return inner_.Commit({{.action = metastore::Write::Action::kUpdate, .record = record}});
  }
  // Before the next commit of several records, whoever waits in between gets this in.
  void BeforeNextBatch(std::function<void()> happens) { before_batch_ = std::move(happens); }

 private:
  Status CommitDurably(const std::vector<metastore::Write>& writes) override {
    ++commits_;
    if (writes.size() > 1 && writes[0].record.key.kind == writes[1].record.key.kind &&
        before_batch_)
      std::exchange(before_batch_, nullptr)();
    return inner_.Commit(writes);
  }

  sagebrush::testing::MemoryRecordStore inner_;
  int commits_ = 0;
  std::function<void()> before_batch_;
};

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
  ObservedStore records_;
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

TEST_F(TrainingControllerTest, AMachineThatCannotStartItForNowIsAskedAgain) {
  Submit("j");
  backend_.FailNextStart(Unavailable("no free uid for another instance"));
  Pass();
  EXPECT_EQ(StateOf("j").status, "InProgress");
  EXPECT_THAT(backend_.starts(), SizeIs(0));

  Pass();

  EXPECT_THAT(backend_.starts(), ElementsAre(StateOf("j").instance));
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

// Names are in the other order than the jobs: what a pass starts, it starts in the order of admission.
TEST_F(TrainingControllerTest, JobsAdmittedInOnePassStartInTheOrderOfTheirCreation) {
  for (const char* name : {"z", "a"}) {
    Submit(name);
    clock_.Advance(std::chrono::milliseconds(1));
  }
  Pass();

  EXPECT_THAT(backend_.starts(), ElementsAre(StateOf("z").instance, StateOf("a").instance));
}

TEST_F(TrainingControllerTest, AJobThatWasSubmittedOrStoppedBetweenTwoPassesIsNoticed) {
  for (const char* name : {"a", "b", "c"}) Submit(name);
  Pass();
  Submit("d");
  auto record = records_.Get({kTrainingJobKind, kScope, "c"}).value();
  SetState(&record, StopRequested(TrainingStateOf(record), clock_.Now()));
  ASSERT_TRUE(records_.Update(record).ok());
  Pass();

  EXPECT_EQ(StateOf("c").status, "Stopped");
  EXPECT_EQ(StateOf("d").secondary, "Pending");
}

// The loop waits for the disk once, however many jobs it tells what they wait for.
TEST_F(TrainingControllerTest, WhatManyJobsWaitForIsWrittenInOneCommit) {
  for (int i = 0; i < 300; ++i) Submit("j" + std::to_string(i));
  const int before = records_.commits();
  Pass();

  EXPECT_EQ(StateOf("j299").secondary, "Pending");
  EXPECT_LT(records_.commits() - before, 20);
}

TEST_F(TrainingControllerTest, AJobStoppedInThatMomentDoesNotKeepTheOthersFromBeingTold) {
  for (const char* name : {"a", "b", "c", "d"}) Submit(name);
  records_.BeforeNextBatch([this] {
    auto record = records_.Get({kTrainingJobKind, kScope, "c"}).value();
    SetState(&record, StopRequested(TrainingStateOf(record), clock_.Now()));
    ASSERT_TRUE(records_.Update(record).ok());
  });
  Pass();
  EXPECT_EQ(StateOf("d").secondary, "Pending");
  EXPECT_TRUE(StateOf("c").stop_requested);

  Pass();
  EXPECT_EQ(StateOf("c").status, "Stopped");
}

TEST_F(TrainingControllerTest, ARecordThatDidNotHoldIsReadAgain) {
  for (const char* name : {"a", "b", "c"}) Submit(name);
  Pass();
  for (const char* name : {"a", "c"}) {  // one that runs, one that waits
    auto record = records_.Get({kTrainingJobKind, kScope, name}).value();
    SetState(&record, StopRequested(TrainingStateOf(record), clock_.Now()));
    ASSERT_TRUE(records_.ChangeUnseen(record).ok());
  }
  Report("a", 1, "Training");
  Report("a", 2, "Completed");
  backend_.End(StateOf("a").instance, 0);
  for (int i = 0; i < 4; ++i) Pass();

  EXPECT_NE(StateOf("a").status, "InProgress");
  EXPECT_EQ(StateOf("c").status, "Stopped");
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
