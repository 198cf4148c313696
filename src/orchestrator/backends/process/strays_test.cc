// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/strays.h"

#include <algorithm>
#include <cstddef>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
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

// A process that has become `uid`; it holds the uid's name in its own way once this returns.
pid_t StartHolder(unsigned uid, bool listens) {
  int ready[2];
  EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    bool holds = ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string whole = "sagebrush/" + UidName(uid);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(whole, address.sun_path + 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + whole.size());
    const UniqueFd name(::socket(AF_UNIX, SOCK_STREAM, 0));
    holds = holds && ::bind(name.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
            (!listens || ::listen(name.get(), 1) == 0);
    (void)!::write(ready[1], holds ? "1" : "0", 1);
    while (true) ::pause();
  }
  char held = '0';
  EXPECT_EQ(::read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, '1');
  ::close(ready[0]);
  ::close(ready[1]);
  return child;
}

TEST(Strays, TakingItsUidsNameSavesNone) {
  if (::geteuid() != 0 || !UidsForInstances()) GTEST_SKIP() << "only root can become another user";
  const unsigned uid = UidsForInstances()->first + 4'000'003 % UidsForInstances()->count;
  for (const bool listens : {true, false}) {
    const pid_t stray = StartHolder(uid, listens);
    ASSERT_EQ(TakeMachineName(UidName(uid)).status().code(), Code::kUnavailable);

    EXPECT_TRUE(KillStrays("i-strayholder", uid).ok()) << listens;

    EXPECT_TRUE(ProcessesOf(uid).empty()) << listens;
    ::kill(stray, SIGKILL);
    EXPECT_EQ(WaitForExit(stray), 128 + SIGKILL);
    EXPECT_TRUE(TakeMachineName(UidName(uid)).ok());
  }
}

}  // namespace
}  // namespace sagebrush::orchestrator
