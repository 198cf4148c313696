// SPDX-License-Identifier: Apache-2.0
// On trees of plain files, which is how v2 can be tried on a machine that has none.
#include "orchestrator/backends/process/cgroup.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::orchestrator {
namespace {

class CgroupTest : public ::testing::Test {
 protected:
  CgroupTest() : root_(TempFolder::Create().value()) {}
  void Put(const fs::path& path, const std::string& text) {
    fs::create_directories((root_.path() / path).parent_path());
    ASSERT_TRUE(WriteFile(root_.path() / path, text).ok());
  }
  std::string Get(const fs::path& path) { return ReadFile(root_.path() / path).value_or("(none)"); }

  TempFolder root_;
};

TEST_F(CgroupTest, NothingWritableMeansTheAgentWatches) {
  const auto tree = CgroupTree::Probe(root_.path(), "sagebrush-x");

  EXPECT_FALSE(tree.available());
  EXPECT_FALSE(tree.limits_memory());
  EXPECT_TRUE(tree.Create("i-1", {.memory_bytes = 1 << 20})->empty());
}

TEST_F(CgroupTest, VersionOneLimitsAreWrittenWhereEachControllerStands) {
  for (const char* controller : {"memory", "cpu", "pids"})
    Put(fs::path(controller) / "cgroup.procs", "");
  const auto tree = CgroupTree::Probe(root_.path(), "sagebrush-x");
  Put("memory/sagebrush-x/i-1/memory.limit_in_bytes", "");
  Put("cpu/sagebrush-x/i-1/cpu.shares", "");
  Put("pids/sagebrush-x/i-1/pids.max", "");

  const auto folders =
      tree.Create("i-1", {.memory_bytes = 1 << 20, .cpu_weight = 50, .max_processes = 9});

  ASSERT_TRUE(folders.ok()) << folders.status().ToString();
  EXPECT_EQ(folders->size(), 3U);
  EXPECT_EQ(Get("memory/sagebrush-x/i-1/memory.limit_in_bytes"), "1048576");
  EXPECT_EQ(Get("cpu/sagebrush-x/i-1/cpu.shares"), "512");
  EXPECT_EQ(Get("pids/sagebrush-x/i-1/pids.max"), "9");
}

TEST_F(CgroupTest, VersionTwoNeedsTheMemoryControllerHandedDown) {
  Put("cgroup.controllers", "cpu memory pids\n");
  Put("cgroup.subtree_control", "");
  Put("sagebrush-x/cgroup.subtree_control", "cpu memory pids\n");
  const auto tree = CgroupTree::Probe(root_.path(), "sagebrush-x");
  Put("sagebrush-x/cgroup.subtree_control", "cpu memory pids\n");
  Put("sagebrush-x/i-1/memory.max", "");
  Put("sagebrush-x/i-1/cpu.weight", "");

  EXPECT_FALSE(
      tree.limits_memory());  // a plain file keeps what was written last: "+pids" hands no memory down
}

TEST_F(CgroupTest, AMemoryKillShowsInItsCounter) {
  Put("memory/cgroup.procs", "");
  const auto tree = CgroupTree::Probe(root_.path(), "sagebrush-x");
  Put("memory/sagebrush-x/i-1/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
  Put("memory/sagebrush-x/i-2/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");

  EXPECT_TRUE(tree.OutOfMemory("i-1"));
  EXPECT_FALSE(tree.OutOfMemory("i-2"));
}

}  // namespace
}  // namespace sagebrush::orchestrator
