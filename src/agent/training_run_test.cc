// SPDX-License-Identifier: Apache-2.0
// A training job from work order to stored artifacts, through the agent's own door, against a scripted control server and an
// S3 in memory behind the real HTTP server.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/api_forwarder.h"
#include "agent/fake_control_server.h"
#include "agent/fake_s3.h"
#include "base/archive.h"
#include "base/file.h"
#include "base/process_tree.h"

namespace sagebrush::agent {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class TrainingRunTest : public ::testing::Test {
 protected:
  TrainingRunTest() : folder_(TempFolder::Create("sb").value()) {
    paths_.ml = folder_.path() / "ml";
    paths_.control_socket = folder_.path() / "control.sock";
    paths_.api_socket = folder_.path() / "api.sock";
    EXPECT_TRUE(MakeFolders(paths_.ml).ok());
    server_ = std::make_unique<FakeControlServer>(paths_.control_socket, "i-1", "secret-token");
    server_->Start();
    s3_ = std::make_unique<FakeS3>(paths_.api_socket);
    s3_->Start();
  }

  ~TrainingRunTest() override {
    if (!agent_.joinable()) return;
    stop_.Request("the test ends");
    agent_.join();
  }

  Json Order(const std::string& script) {
    return Json::Object(
        {{"version", 1},
         {"instance", "i-1"},
         {"token", "secret-token"},
         {"kind", "training"},
         {"job_name", "job-1"},
         {"job_arn", "arn:aws:sagemaker:us-west-2:123456789012:training-job/job-1"},
         {"region", "us-west-2"},
         {"hosts", Json::Array({"algo-1"})},
         {"current_host", "algo-1"},
         {"instance_type", "ml.c5.xlarge"},
         {"hyperparameters", Json::Object({{"epochs", "1"}})},
         {"channels",
          Json::Array({Json::Object(
              {{"name", "train"}, {"data_type", "S3Prefix"}, {"s3_uri", "s3://data/p/train"}})})},
         {"command", Json::Array({"/bin/sh", "-c", script})},
         {"working_directory", paths_.ml.string()},
         {"outputs", Json::Object({{"model", "s3://out/job-1/output/model.tar.gz"},
                                   {"data", "s3://out/job-1/output/output.tar.gz"}})},
         {"stop_grace_seconds", 20},
         {"network", false},
         {"first_log_lines", Json::Array({"Sagebrush: first"})}});
  }

  void Run(const Json& json) {
    Result<WorkOrder> order = ParseWorkOrder(json.Dump());
    ASSERT_TRUE(order.ok()) << order.status().message();
    agent_ = std::thread([this, order = std::move(*order)] {
      accepted_ = RunWorkOrder(order, paths_, &stop_, Clock::System());
    });
  }
  Json RunToTheEnd(const Json& json) {
    Run(json);
    agent_.join();
    return server_->LastReport();
  }

  // An order whose code holds this requirements.txt, installed by a shell script in pip's place.
  Json OrderWithRequirements(const std::string& requirements, const std::string& install,
                             const std::string& script) {
    const fs::path code = folder_.path() / "code";
    EXPECT_TRUE(MakeFolders(code).ok());
    EXPECT_TRUE(WriteFile(code / "requirements.txt", requirements).ok());
    EXPECT_TRUE(PackArchive(code, folder_.path() / "code.tar.gz").ok());
    s3_->Put("s3://data/code.tar.gz", *ReadFile(folder_.path() / "code.tar.gz"));
    Json order = Order(script);
    order["channels"] = Json::Array();
    order["code"] = Json::Object({{"s3_uri", "s3://data/code.tar.gz"}});
    order["runtime"] = "tensorflow-2.19";
    order["install_command"] = Json::Array({"/bin/sh", "-c", install});
    return order;
  }

  TempFolder folder_;
  Paths paths_;
  StopSignal stop_;
  std::unique_ptr<FakeControlServer> server_;
  std::unique_ptr<FakeS3> s3_;
  std::atomic<bool> accepted_ = false;
  std::thread agent_;
};

TEST_F(TrainingRunTest, AJobReadsItsChannelAndItsModelIsStored) {
  s3_->Put("s3://data/p/train/a.csv", "1,2\n");
  s3_->Put("s3://data/p/train/sub/b.csv", "3\n");
  s3_->Put("s3://data/p/train/sub/c d+é.csv", "4\n");

  const Json last =
      RunToTheEnd(Order("cat input/data/train/a.csv; ls input/data/train/sub; cat "
                        "input/config/hyperparameters.json; echo; echo $TRAINING_JOB_NAME;"
                        "echo weights > model/w.bin; echo note > output/data/n.txt"));

  EXPECT_TRUE(accepted_);
  EXPECT_EQ(last.GetString("phase"), "Completed") << last.Dump();
  EXPECT_THAT(server_->Phases(), ElementsAre("Downloading", "Training", "Uploading", "Completed"));
  EXPECT_THAT(server_->Lines(), ElementsAre("Sagebrush: first", "1,2", "b.csv", "c d+é.csv",
                                            "{\"epochs\":\"1\"}", "job-1"));
  ASSERT_TRUE(s3_->Find("s3://out/job-1/output/model.tar.gz").has_value());
  ASSERT_TRUE(s3_->Find("s3://out/job-1/output/output.tar.gz").has_value());
  const fs::path archive = folder_.path() / "m.tar.gz";
  const fs::path unpacked = folder_.path() / "m";
  ASSERT_TRUE(WriteFile(archive, *s3_->Find("s3://out/job-1/output/model.tar.gz")).ok());
  ASSERT_TRUE(MakeFolders(unpacked).ok());
  ASSERT_TRUE(UnpackArchive(archive, unpacked).ok());
  EXPECT_EQ(ReadFile(unpacked / "w.bin").value_or(""), "weights\n");
  EXPECT_FALSE(fs::exists(paths_.ml / ".sagebrush"));
}

constexpr char kInstall[] =
    "echo installing $(cat requirements.txt); mkdir -p $PYTHONUSERBASE/bin;"
    "echo 'echo installed program' > $PYTHONUSERBASE/bin/tool; chmod +x $PYTHONUSERBASE/bin/tool";

TEST_F(TrainingRunTest, OutputsOfAPrefixAreStoredFileByFile) {
  s3_->Put("s3://data/p/train/a.csv", "1,2\n");
  Json order = Order("mkdir model/1; echo weights > model/1/w.bin; echo note > output/data/n.txt");
  order["outputs"] = Json::Object(
      {{"model", "s3://out/job-1/output/model/"}, {"data", "s3://out/job-1/output/data/"}});

  const Json last = RunToTheEnd(order);

  EXPECT_EQ(last.GetString("phase"), "Completed") << last.Dump();
  EXPECT_EQ(s3_->Find("s3://out/job-1/output/model/1/w.bin"), "weights\n");
  EXPECT_EQ(s3_->Find("s3://out/job-1/output/data/n.txt"), "note\n");
}

TEST_F(TrainingRunTest, RequirementsAreInstalledBeforeTheProgramAndKeptForTheNextJob) {
  const Json last = RunToTheEnd(OrderWithRequirements("a==1", kInstall, "tool"));

  EXPECT_EQ(last.GetString("phase"), "Completed") << last.Dump();
  EXPECT_THAT(server_->Lines(), Contains("installing a==1"));
  EXPECT_THAT(server_->Lines(), Contains("installed program"));
  ASSERT_EQ(s3_->packages().size(), 1U);

  // Another job's instance: another folder, the same server.
  paths_.ml = folder_.path() / "other";
  paths_.control_socket = folder_.path() / "other.sock";
  server_ = std::make_unique<FakeControlServer>(paths_.control_socket, "i-1", "secret-token");
  server_->Start();
  const Json again = RunToTheEnd(OrderWithRequirements("a==1", kInstall, "tool"));

  EXPECT_EQ(again.GetString("phase"), "Completed") << again.Dump();
  EXPECT_THAT(server_->Lines(), Contains(HasSubstr("were installed before")));
  EXPECT_THAT(server_->Lines(), Not(Contains("installing a==1")));
  EXPECT_THAT(server_->Lines(), Contains("installed program"));
}

TEST_F(TrainingRunTest, WhatIsKeptForOthersIsInstalledAsideFromTheJobsCode) {
  const std::string command = "echo in $(basename $PWD): *; " + std::string(kInstall);
  RunToTheEnd(OrderWithRequirements("a==1", command, "tool"));

  EXPECT_THAT(server_->Lines(), Contains("in requirements: requirements.txt"));
  EXPECT_EQ(s3_->packages().size(), 1U);
}

TEST_F(TrainingRunTest, WhatNeedsTheCodeFolderIsInstalledThereAndNotKept) {
  const std::string command = "echo in $(basename $PWD); " + std::string(kInstall);
  RunToTheEnd(OrderWithRequirements("--no-index --find-links .\na==1", command, "tool"));

  EXPECT_THAT(server_->Lines(), Contains("in code"));
  EXPECT_THAT(server_->Lines(), Contains("installed program"));
  EXPECT_TRUE(s3_->packages().empty());
}

TEST_F(TrainingRunTest, NothingIsKeptWhereTheJobsVariablesReachPip) {
  Json order = OrderWithRequirements("a==1", kInstall, "tool");
  order["environment"] = Json::Object({{"PYTHONPATH", "/opt/ml/code"}});
  RunToTheEnd(order);

  EXPECT_THAT(server_->Lines(), Contains("installed program"));
  EXPECT_TRUE(s3_->packages().empty());
}

TEST_F(TrainingRunTest, NothingIsKeptWhereCheckpointsCameToAnUnusualPlace) {
  Json order = OrderWithRequirements("a==1", kInstall, "tool");
  order["checkpoints"] =
      Json::Object({{"s3_uri", "s3://out/checkpoints"},
                    {"local_path", (paths_.ml / ".sagebrush/packages").string()}});
  RunToTheEnd(order);

  EXPECT_THAT(server_->Lines(), Contains("installed program"));
  EXPECT_TRUE(s3_->packages().empty());
}

TEST_F(TrainingRunTest, RequirementsThatCannotBeInstalledFailTheJobInTheFormOfAws) {
  const Json last = RunToTheEnd(OrderWithRequirements(
      "none==9", "echo looking; echo 'ERROR: No matching distribution found for none==9'; exit 1",
      "echo never"));

  EXPECT_EQ(last.GetString("phase"), "Failed");
  EXPECT_THAT(last.GetString("failure"),
              StartsWith("AlgorithmError: InstallRequirementsError:\nExitCode 1\nErrorMessage "
                         "\"ERROR: No matching distribution found for none==9\"\nCommand "
                         "\"/bin/sh -c "));
  EXPECT_THAT(last.GetString("failure"),
              AllOf(HasSubstr("EnableNetworkIsolation"), EndsWith(", exit code: 1")));
  EXPECT_THAT(server_->Lines(), Not(Contains("never")));
  EXPECT_TRUE(s3_->packages().empty());
}

TEST_F(TrainingRunTest, WhatASetUpLeavesRunningEndsBeforeThePackagesAreKept) {
  const Json last = RunToTheEnd(OrderWithRequirements(
      "a==1",
      "mkdir -p $PYTHONUSERBASE; (sleep 1000; echo evil > $PYTHONUSERBASE/evil) & "
      "echo $! > $PYTHONUSERBASE/pid",
      "kill -0 $(cat $PYTHONUSERBASE/pid) && echo alive || echo gone"));

  EXPECT_EQ(last.GetString("phase"), "Completed") << last.Dump();
  EXPECT_THAT(server_->Lines(), Contains("gone"));
}

TEST_F(TrainingRunTest, AStopEndsAnInstallation) {
  Run(OrderWithRequirements("a==1", "echo begun; sleep 1000", "echo never"));
  ASSERT_TRUE(server_->WaitForLine("begun"));
  stop_.Request("StopTrainingJob");
  agent_.join();

  EXPECT_EQ(server_->LastReport().GetString("phase"), "Stopped");
  EXPECT_TRUE(s3_->packages().empty());
}

TEST_F(TrainingRunTest, AnEmptyModelFolderStoresNothing) {
  s3_->Put("s3://data/p/train/a.csv", "x");

  const Json last = RunToTheEnd(Order("true"));

  EXPECT_EQ(last.GetString("phase"), "Completed");
  EXPECT_FALSE(s3_->Find("s3://out/job-1/output/model.tar.gz").has_value());
  EXPECT_THAT(server_->Lines(), Contains(HasSubstr("No model artifact is saved")));
}

TEST_F(TrainingRunTest, ARefusedDownloadFailsTheJobInTheWordsOfAws) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  s3_->Deny("s3://data/p/train");

  const Json last = RunToTheEnd(Order("echo never"));

  EXPECT_EQ(last.GetString("phase"), "Failed");
  EXPECT_EQ(
      last.GetString("failure"),
      "ClientError: Data download failed:AccessDenied (403): Access Denied (s3://data/p/train)");
  EXPECT_THAT(server_->Phases(), ElementsAre("Downloading", "Failed"));
}

TEST_F(TrainingRunTest, APrefixWithoutObjectsFailsTheJobInTheWordsOfAws) {
  const Json last = RunToTheEnd(Order("echo never"));

  EXPECT_THAT(
      last.GetString("failure"),
      StartsWith(
          "ClientError: Data download failed:No S3 objects found under S3 URL "
          "\"s3://data/p/train\" given in input "
          "data source. Please ensure that the bucket exists in the selected region (us-west-2)"));
}

TEST_F(TrainingRunTest, PipeModeIsRefusedWithAWayOut) {
  Json order = Order("echo never");
  order["channels"].AsArray()[0]["input_mode"] = "Pipe";

  const Json last = RunToTheEnd(order);

  EXPECT_THAT(
      last.GetString("failure"),
      AllOf(StartsWith("ClientError: channel 'train' asks for Pipe"), HasSubstr("Use File")));
}

TEST_F(TrainingRunTest, AFailureCarriesTheLastTracebackAndTheExitCode) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  ASSERT_TRUE(WriteFile(paths_.ml / "boom.py",
                        "def f():\n  raise ValueError('no such column: é')\nprint('hello')\nf()\n")
                  .ok());

  const Json last = RunToTheEnd(Order("exec /usr/bin/python3 boom.py"));

  EXPECT_EQ(last.GetString("phase"), "Failed");
  EXPECT_EQ(last.GetInt("exit_code"), 1);
  EXPECT_THAT(last.GetString("failure"),
              AllOf(StartsWith("AlgorithmError: Traceback (most recent call last):\n"),
                    EndsWith("ValueError: no such column: é, exit code: 1")));
  EXPECT_THAT(server_->Phases(), ElementsAre("Downloading", "Training", "Failed"));
}

TEST_F(TrainingRunTest, TheFailureFileIsTheReasonWhereTheProgramWroteOne) {
  s3_->Put("s3://data/p/train/a.csv", "x");

  const Json last =
      RunToTheEnd(Order("printf 'bad data in row 7' > output/failure; echo noise; exit 3"));

  EXPECT_EQ(last.GetString("failure"), "AlgorithmError: bad data in row 7, exit code: 3");
}

TEST_F(TrainingRunTest, AProgramThatIsNotThereFailsTheJobClearly) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Json order = Order("");
  order["command"] = Json::Array({"/no/such/program"});

  const Json last = RunToTheEnd(order);

  EXPECT_THAT(last.GetString("failure"),
              AllOf(StartsWith("AlgorithmError: cannot start '/no/such/program'"),
                    EndsWith("exit code: 127")));
}

TEST_F(TrainingRunTest, AStoppedJobKeepsItsModel) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Run(
      Order("echo part > model/w; trap 'echo saving; echo more > model/v; exit 0' TERM; echo up; "
            "while :; do sleep 0.05; done"));
  ASSERT_TRUE(server_->WaitForLine("up"));

  server_->Send(Json::Object({{"type", "stop"}, {"reason", "StopTrainingJob"}}));
  agent_.join();

  const Json last = server_->LastReport();
  EXPECT_EQ(last.GetString("phase"), "Stopped");
  EXPECT_EQ(last.GetString("message"), "StopTrainingJob");
  EXPECT_THAT(server_->Phases(),
              ElementsAre("Downloading", "Training", "Stopping", "Uploading", "Stopped"));
  EXPECT_THAT(server_->Lines(), Contains("saving"));
  EXPECT_TRUE(s3_->Find("s3://out/job-1/output/model.tar.gz").has_value());
}

TEST_F(TrainingRunTest, AProgramThatIgnoresTheStopIsKilledWithAllItStarted) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Json order = Order(
      "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do sleep 1; done' & echo up; while :; "
      "do sleep 0.05; done");
  order["stop_grace_seconds"] = 1;
  Run(order);
  ASSERT_TRUE(server_->WaitForLine("up"));

  server_->Send(Json::Object({{"type", "stop"}, {"reason", "StopTrainingJob"}}));
  agent_.join();

  EXPECT_EQ(server_->LastReport().GetString("phase"), "Stopped");
  EXPECT_EQ(server_->LastReport().GetInt("exit_code"), 137);
  EXPECT_TRUE(DescendantsOf(::getpid()).empty());
}

TEST_F(TrainingRunTest, AJobBeyondItsTimeIsStopped) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Json order = Order("echo part > model/w; while :; do sleep 0.05; done");
  order["max_runtime_seconds"] = 1;

  const Json last = RunToTheEnd(order);

  EXPECT_EQ(last.GetString("phase"), "Stopped");
  EXPECT_EQ(last.GetString("message"), "MaxRuntimeExceeded");
  EXPECT_TRUE(s3_->Find("s3://out/job-1/output/model.tar.gz").has_value());
}

TEST_F(TrainingRunTest, MemoryBeyondTheLimitEndsTheJobWithTheReason) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Json order = Order(
      "exec /usr/bin/python3 -c 'x = bytearray(300 << 20); print(len(x)); import time; "
      "time.sleep(60)'");
  order["memory_limit_bytes"] = 200 << 20;

  const Json last = RunToTheEnd(order);

  EXPECT_THAT(last.GetString("failure"), AllOf(StartsWith("AlgorithmError: OutOfMemoryError: "),
                                               EndsWith(", exit code: 137")));
}

TEST_F(TrainingRunTest, AServerKilledInTheMiddleLosesAndDoublesNothing) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Run(
      Order("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); [ $((i % 100)) = 0 ] && "
            "sleep 0.01; done; echo w > model/w"));
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(server_->WaitForConnection());
    server_->CutBeforeNextAck();
    ASSERT_TRUE(server_->WaitForLine("line " + std::to_string(round * 300)));
    server_->Kill();
    s3_->Stop();
    s3_->Start();
    server_->Start();
  }
  agent_.join();

  std::vector<std::string> expected = {"Sagebrush: first"};
  for (int i = 0; i < 3000; ++i) expected.push_back("line " + std::to_string(i));
  EXPECT_EQ(server_->Lines(), expected);
  EXPECT_THAT(server_->Phases(), ElementsAre("Downloading", "Training", "Uploading", "Completed"));
  EXPECT_GE(server_->connections(), 5);
}

TEST_F(TrainingRunTest, AFloodOfLinesArrivesWholeInFewBatches) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Run(
      Order("/usr/bin/python3 -c 'for i in range(300000): print(\"a line of a chatty program, "
            "number\", i)'; touch done"));
  ASSERT_TRUE(server_->WaitForLine("number 0"));
  server_->HoldLogs(true);  // meanwhile the spool fills its memory and goes to its file
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!fs::exists(paths_.ml / "done") && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  server_->HoldLogs(false);
  agent_.join();

  const std::vector<std::string> lines = server_->Lines();
  ASSERT_EQ(lines.size(),
            300'002u);  // with the first line, and the one about the empty model folder
  for (std::size_t i = 0; i < 300'000; i += 997) {
    ASSERT_EQ(lines[i + 1], "a line of a chatty program, number " + std::to_string(i));
  }
  EXPECT_LT(server_->batches(), 3'000);
}

TEST_F(TrainingRunTest, AServerThatIsAwayDuringTheDownloadIsWaitedFor) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  s3_->Stop();
  Run(Order("cat input/data/train/a.csv"));
  ASSERT_TRUE(server_->WaitForPhase("Downloading"));

  s3_->Start();
  agent_.join();

  EXPECT_EQ(server_->LastReport().GetString("phase"), "Completed");
}

TEST_F(TrainingRunTest, ARefusedAgentKillsItsProgramAndGivesUp) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Run(Order("echo up; while :; do sleep 0.05; done"));
  ASSERT_TRUE(server_->WaitForLine("up"));

  server_->RefuseEverybody();
  server_->Kill();
  server_->Start();
  agent_.join();

  EXPECT_FALSE(accepted_);
}

TEST_F(TrainingRunTest, AStopDuringTheDownloadEndsTheJobBeforeItsProgram) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  s3_->Stop();
  Run(Order("echo never"));
  ASSERT_TRUE(server_->WaitForPhase("Downloading"));

  server_->Send(Json::Object({{"type", "stop"}, {"reason", "StopTrainingJob"}}));
  agent_.join();

  EXPECT_THAT(server_->Phases(), ElementsAre("Downloading", "Stopping", "Stopped"));
}

TEST_F(TrainingRunTest, TheProgramSeesTheApiThroughItsOwnPortAndNoSecret) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  Json order = Order(
      "exec /usr/bin/python3 -c '\n"
      "import json, os, urllib.request\n"
      "uri = os.environ[\"AWS_CONTAINER_CREDENTIALS_FULL_URI\"]\n"
      "print(\"KEY\", json.load(urllib.request.urlopen(uri))[\"AccessKeyId\"])\n"
      "print(\"SECRETS\", [v for v in os.environ.values() if \"secret\" in v])\n"
      "print(\"FDS\", sorted(int(n) for n in os.listdir(\"/proc/self/fd\"))[:3])'");
  order["network"] = true;
  const int port = ApiForwarder::Start({.api_socket = paths_.api_socket})
                       .value()
                       ->port();  // free again after this line
  order["api_port"] = port;

  const Json last = RunToTheEnd(order);

  EXPECT_EQ(last.GetString("phase"), "Completed") << last.Dump();
  EXPECT_THAT(server_->Lines(), Contains("KEY ASIATESTTESTTESTTEST"));
  EXPECT_THAT(server_->Lines(), Contains("SECRETS []"));
}

TEST_F(TrainingRunTest, ABrokenCodeArchiveIsAClearFailure) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  s3_->Put("s3://data/code.tar.gz", "this is no archive");
  Json order = Order("echo never");
  order["code"] = Json::Object({{"s3_uri", "s3://data/code.tar.gz"}});

  const Json last = RunToTheEnd(order);

  EXPECT_THAT(last.GetString("failure"),
              StartsWith("ClientError: cannot unpack the code from s3://data/code.tar.gz: "));
}

TEST_F(TrainingRunTest, CheckpointsComeBackAndAreKept) {
  s3_->Put("s3://data/p/train/a.csv", "x");
  s3_->Put("s3://ckpt/job/old/1.bin", "one");
  Json order = Order("cat ck/old/1.bin; echo; mkdir ck/new; echo two > ck/new/2.bin; exit 1");
  order["checkpoints"] =
      Json::Object({{"s3_uri", "s3://ckpt/job"}, {"local_path", (paths_.ml / "ck").string()}});

  const Json last = RunToTheEnd(order);

  EXPECT_EQ(last.GetString("phase"), "Failed");
  EXPECT_THAT(server_->Lines(), Contains("one"));
  EXPECT_EQ(s3_->Find("s3://ckpt/job/new/2.bin").value_or(""), "two\n");
}

}  // namespace
}  // namespace sagebrush::agent
