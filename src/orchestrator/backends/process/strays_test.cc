// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/strays.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child_process.h"

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

}  // namespace
}  // namespace sagebrush::orchestrator
