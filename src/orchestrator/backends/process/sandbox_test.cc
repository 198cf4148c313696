// SPDX-License-Identifier: Apache-2.0
// The keeper's answers, of a process of its own. What it keeps is looked at in tests/isolation.
#include "orchestrator/backends/process/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "orchestrator/backends/process/sandbox_plan.h"

namespace sagebrush::orchestrator {
namespace {

std::string AnswerTo(const SandboxPlan& plan) {
  int input[2], output[2];
  EXPECT_TRUE(::pipe2(input, O_CLOEXEC) == 0 && ::pipe2(output, O_CLOEXEC) == 0);
  const UniqueFd input_read(input[0]), output_read(output[0]);
  UniqueFd input_write(input[1]), output_write(output[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(input_read.get(), 0);
    ::dup2(output_write.get(), 1);
    ::_exit(RunSandboxKeeper());
  }
  output_write.Reset();
  EXPECT_TRUE(WriteAll(input_write.get(), plan.ToJson().Dump()).ok());
  input_write.Reset();
  std::string answer;
  char buffer[256];
  for (ssize_t got; (got = ::read(output_read.get(), buffer, sizeof buffer)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(got));
  ::waitpid(child, nullptr, 0);
  return answer;
}

TEST(SandboxKeeper, AFolderThatAnotherKeeperHasIsTakenAndNotTouched) {
  const auto temp = TempFolder::Create().value();
  const auto earlier = FileLock::Acquire(temp.path() / "lock");
  ASSERT_TRUE(earlier.ok());
  SandboxPlan plan;
  plan.instance = "i-late";
  plan.folder = temp.path();

  const std::string answer = AnswerTo(plan);

  EXPECT_TRUE(answer.starts_with(kTaken)) << answer;
  EXPECT_FALSE(fs::exists(temp.path() / "pid"));
}

}  // namespace
}  // namespace sagebrush::orchestrator
