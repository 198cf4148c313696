// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/strays.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child_process.h"
#include "orchestrator/backends/process/instance_uids.h"
#include "orchestrator/backends/process/machine_name.h"

namespace sagebrush::orchestrator {
namespace {

TEST(Strays, WhatCarriesTheMarkIsFoundAndKilledAndNothingElse) {
  const std::string id = "i-stray" + std::to_string(::getpid());
  const auto marked =
      StartChild({"env", std::string(kInstanceMark) + "=" + id, "sh", "-c", "echo up; sleep 600"},
                 StandardError::kInherited);
  const auto other = StartChild(
      {"env", std::string(kInstanceMark) + "=" + id + "x", "sh", "-c", "echo up; sleep 600"},
      StandardError::kInherited);
  ASSERT_TRUE(marked.ok() && other.ok());
  char buffer[8];  // their environment is in place once they speak
  ASSERT_GT(::read(marked->output.get(), buffer, sizeof buffer), 0);
  ASSERT_GT(::read(other->output.get(), buffer, sizeof buffer), 0);
  EXPECT_FALSE(MarkedProcesses(id).empty());

  EXPECT_TRUE(KillStrays(id, std::nullopt).ok());

  EXPECT_EQ(WaitForExit(marked->pid), 128 + SIGKILL);
  EXPECT_TRUE(MarkedProcesses(id).empty());
  EXPECT_FALSE(MarkedProcesses(id + "x").empty());
  ::kill(-other->pid, SIGKILL);
  WaitForExit(other->pid);
}

TEST(Strays, AUidThatIsAnotherInstancesByNowIsLeftAlone) {
  if (::geteuid() != 0 || !UidsForInstances()) GTEST_SKIP() << "only root can become another user";
  const unsigned uid = UidsForInstances()->first + 4'000'001 % UidsForInstances()->count;
  const std::string user = std::to_string(uid);
  const auto other = StartChild({"setpriv", "--reuid", user, "--regid", user, "--clear-groups",
                                 "sh", "-c", "echo up; sleep 600"},
                                StandardError::kInherited);
  ASSERT_TRUE(other.ok());
  char buffer[8];
  ASSERT_GT(::read(other->output.get(), buffer, sizeof buffer), 0);
  auto keeper = TakeMachineName(UidName(uid));
  ASSERT_TRUE(keeper.ok());

  EXPECT_TRUE(KillStrays("i-strayother", uid).ok());
  EXPECT_FALSE(ProcessesOf(uid).empty());

  keeper->Reset();
  EXPECT_TRUE(KillStrays("i-strayother", uid).ok());
  EXPECT_EQ(WaitForExit(other->pid), 128 + SIGKILL);
}

}  // namespace
}  // namespace sagebrush::orchestrator
