// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/sandbox_plan.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

using ::testing::Contains;

SandboxPlan Plan() {
  return {
      .isolation = Isolation::kSandbox,
      .instance = "i-abc",
      .folder = "/data/instances/i-abc",
      .host_name = "algo-1",
      .drop_to_uid = 70000,
      .cgroups = {"/sys/fs/cgroup/memory/x"},
      .binds = {{"/data/ml", "/opt/ml", true}, {"/cache/runtime", "/opt/sagebrush/runtime", false}},
      .held = {"/cache/runtime"},
      .names = {"uid-70000"},
      .command = {"/bin/agent", "run"},
      .environment = {"LANG=C.UTF-8"},
      .work_order = Json::Object({{"token", "secret"}})};
}

// Whether the words stand in the arguments one after the other.
bool HasSequence(const std::vector<std::string>& arguments, const std::vector<std::string>& words) {
  return std::search(arguments.begin(), arguments.end(), words.begin(), words.end()) !=
         arguments.end();
}

TEST(SandboxPlanTest, ReadsBackWhatItWrites) {
  const auto back = SandboxPlan::FromJson(Plan().ToJson());

  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->ToJson(), Plan().ToJson());
  EXPECT_FALSE(SandboxPlan::FromJson(Json::Object({{"instance", "i-1"}})).ok());
}

TEST(SandboxPlanTest, EverythingIsUnsharedAndOnlyWritableBindsAreWritable) {
  const auto arguments = BubblewrapArguments(Plan(), {"/mnt/0", "/mnt/1"}, 3);

  EXPECT_THAT(arguments, Contains("--unshare-all"));
  EXPECT_TRUE(HasSequence(arguments, {"--cap-drop", "ALL"}));
  EXPECT_TRUE(HasSequence(arguments, {"--bind", "/mnt/0", "/opt/ml"}));
  EXPECT_TRUE(HasSequence(arguments, {"--ro-bind", "/mnt/1", "/opt/sagebrush/runtime"}));
  EXPECT_TRUE(HasSequence(arguments, {"--ro-bind", "/proc/sys", "/proc/sys"}));
}

TEST(SandboxPlanTest, NoSecretStandsOnTheCommandLine) {
  for (const auto& argument : BubblewrapArguments(Plan(), {"/mnt/0", "/mnt/1"}, 3))
    EXPECT_EQ(argument.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace sagebrush::orchestrator
