// SPDX-License-Identifier: Apache-2.0
#include "agent/user_process.h"

#include <condition_variable>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "agent/stop_signal.h"
#include "base/process_tree.h"

namespace sagebrush::agent {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UserProcessTest : public ::testing::Test {
 protected:
  std::unique_ptr<UserProcess> Start(std::vector<std::string> argv) {
    auto process = UserProcess::Start(
        {.argv = std::move(argv),
         .environment = {"PATH=/usr/bin:/bin", "X=1"},
         .working_directory = "/"},
        [this](std::string line) {
          {
            const std::lock_guard lock(mutex_);
            lines_.push_back(std::move(line));
          }
          changed_.Wake();
        },
        [this] { changed_.Wake(); });
    EXPECT_TRUE(process.ok()) << process.status().message();
    return std::move(*process);
  }
  bool Wait(const std::function<bool()>& condition) {
    return changed_.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(20),
                              condition);
  }
  bool WaitForLine(const std::string& line) {
    return Wait([&] {
      const std::lock_guard lock(mutex_);
      return std::find(lines_.begin(), lines_.end(), line) != lines_.end();
    });
  }

  StopSignal changed_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST_F(UserProcessTest, OutputOfBothStreamsComesInOrderAndTheExitCodeToo) {
  const auto process = Start({"sh", "-c", "echo a; echo b >&2; printf c; exit 7"});
  ASSERT_TRUE(Wait([&] { return process->exit_status().has_value(); }));
  process->Finish();

  EXPECT_THAT(lines_, ElementsAre("a", "b", "c"));
  EXPECT_EQ(process->exit_status()->code, 7);
  EXPECT_THAT(process->LastLines(), ElementsAre("a", "b", "c"));
}

TEST_F(UserProcessTest, NothingOfOursIsInherited) {
  ::setenv("SB_SECRET", "x", 1);
  const auto process = Start(
      {"sh", "-c",
       "cat; ls /proc/self/fd | tr '\\n' ' '; echo; env | sort | tr '\\n' ' '; kill -PIPE $$"});
  ASSERT_TRUE(Wait([&] { return process->exit_status().has_value(); }));
  process->Finish();

  EXPECT_THAT(lines_[0], ::testing::StartsWith("0 1 2 3 "));  // 3 is ls reading the folder
  EXPECT_EQ(lines_[1].find("SB_SECRET"), std::string::npos);
  EXPECT_THAT(lines_[1], HasSubstr("X=1"));
  EXPECT_EQ(process->exit_status()->signal, SIGPIPE);  // its default, though we ignore it
}

TEST_F(UserProcessTest, WhatItLeftBehindEndsWithIt) {
  // The program's own end is seen, though what it left still holds its pipe.
  const auto process = Start({"sh", "-c",
                              "setsid sh -c 'trap \"\" TERM HUP; sleep 1000' & setsid setsid sleep "
                              "1000 & echo up; sleep 0.1"});
  ASSERT_TRUE(WaitForLine("up"));
  ASSERT_TRUE(Wait([&] { return process->exit_status().has_value(); }));
  EXPECT_FALSE(DescendantsOf(::getpid()).empty());

  process->Finish();

  EXPECT_TRUE(DescendantsOf(::getpid()).empty());
}

TEST_F(UserProcessTest, ASignalReachesTheWholeGroup) {
  const auto process = Start({"sh", "-c",
                              "(trap 'echo child; exit' TERM; echo up; while :; do sleep 0.02; "
                              "done) 2>/dev/null & trap 'wait; echo parent; exit 3' TERM; wait"});
  ASSERT_TRUE(WaitForLine("up"));

  process->SignalGroup(SIGTERM);
  ASSERT_TRUE(Wait([&] { return process->exit_status().has_value(); }));
  process->Finish();

  // The shell may tell of its killed sleep too.
  EXPECT_THAT(lines_, ::testing::IsSupersetOf({"up", "child", "parent"}));
  EXPECT_EQ(process->exit_status()->code, 3);
}

TEST_F(UserProcessTest, WhatCannotBeStartedSaysWhy) {
  const auto start = [](std::vector<std::string> argv, const char* folder) {
    return UserProcess::Start({.argv = std::move(argv),
                               .environment = {"PATH=/usr/bin"},
                               .working_directory = folder},
                              [](std::string) {}, {})
        .status()
        .message();
  };

  EXPECT_THAT(start({"no-such-program"}, "/"), HasSubstr("no such program on PATH"));
  EXPECT_THAT(start({"/etc/passwd"}, "/"), HasSubstr("cannot start '/etc/passwd'"));
  EXPECT_THAT(start({"/bin/true"}, "/no/such/folder"), HasSubstr("/no/such/folder"));
}

TEST_F(UserProcessTest, OnlyTheEndOfALotOfOutputIsKept) {
  const auto process =
      Start({"sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done"});
  ASSERT_TRUE(Wait([&] { return process->exit_status().has_value(); }));
  process->Finish();

  EXPECT_EQ(lines_.size(), 2000u);
  EXPECT_LE(process->LastLines().size(), 200u);
  EXPECT_EQ(process->LastLines().back(), "line 1999");
}

TEST_F(UserProcessTest, AProgressBarIsSeenBeforeItsLineEnds) {
  const auto process = Start({"sh", "-c", "printf '10%%\\r20%%\\r'; exec sleep 1000"});

  EXPECT_TRUE(WaitForLine("10%#01520%"));
}

}  // namespace
}  // namespace sagebrush::agent
