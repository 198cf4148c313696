// SPDX-License-Identifier: Apache-2.0
#include "agent/log_spool.h"

#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "base/file.h"
#include "testing/fake_clock.h"

namespace sagebrush::agent {
namespace {

using std::chrono::milliseconds;

class LogSpoolTest : public ::testing::Test {
 protected:
  LogSpoolTest() : folder_(TempFolder::Create("sb").value()) {}

  std::unique_ptr<LogSpool> Make(std::uint64_t memory = 1 << 20, std::uint64_t file = 1 << 20) {
    return std::make_unique<LogSpool>(LogSpool::Options{.folder = folder_.path(),
                                                        .memory_bytes = memory,
                                                        .file_bytes = file,
                                                        .batch_lines = 10},
                                      clock_);
  }
  // Takes and acknowledges everything.
  static std::vector<std::string> TakeAll(LogSpool* spool) {
    std::vector<std::string> lines;
    while (auto batch = spool->NextBatch(milliseconds(0))) {
      for (auto& [at, line] : batch->events) lines.push_back(std::move(line));
      spool->Acknowledge(batch->first + batch->events.size() - 1);
    }
    return lines;
  }

  TempFolder folder_;
  testing::FakeClock clock_;
};

TEST_F(LogSpoolTest, LinesCarrySequenceAndTime) {
  const auto spool = Make();
  spool->Welcome(0);
  spool->Append("a");
  clock_.Advance(milliseconds(5));
  spool->Append("b");

  const auto batch = spool->NextBatch(milliseconds(0));

  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->first, 1u);
  ASSERT_EQ(batch->events.size(), 2u);
  EXPECT_EQ(batch->events[1].first - batch->events[0].first, 5);
  EXPECT_EQ(ToMessage(*batch).Dump(),
            R"({"type":"logs","first":1,"events":[[1795551460000,"a"],[1795551460005,"b"]]})");
}

TEST_F(LogSpoolTest, TimeNeverGoesBack) {
  const auto spool = Make();
  spool->Welcome(0);
  spool->Append("a");
  clock_.Advance(milliseconds(-5000));
  spool->Append("b");

  const auto batch = spool->NextBatch(milliseconds(0));

  EXPECT_EQ(batch->events[1].first, batch->events[0].first);
}

TEST_F(LogSpoolTest, NothingLeavesBeforeAWelcomeOrWhileABatchIsInFlight) {
  const auto spool = Make();
  spool->Append("a");
  EXPECT_FALSE(spool->NextBatch(milliseconds(0)).has_value());

  spool->Welcome(0);
  ASSERT_TRUE(spool->NextBatch(milliseconds(0)).has_value());
  spool->Append("b");
  EXPECT_FALSE(spool->NextBatch(milliseconds(0)).has_value());

  spool->Acknowledge(1);
  EXPECT_EQ(spool->NextBatch(milliseconds(0))->first, 2u);
}

TEST_F(LogSpoolTest, ANewWelcomeSendsAgainWhatTheServerDoesNotHave) {
  const auto spool = Make();
  spool->Welcome(0);
  for (const char* line : {"a", "b", "c"}) spool->Append(line);
  ASSERT_TRUE(spool->NextBatch(milliseconds(0)).has_value());

  spool->Welcome(2);  // the batch was stored in part, its acknowledgement lost

  const auto batch = spool->NextBatch(milliseconds(0));
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->first, 3u);
  EXPECT_EQ(batch->events.size(), 1u);
}

TEST_F(LogSpoolTest, WhatDoesNotFitInMemoryComesBackFromTheFileInOrder) {
  const auto spool = Make(2000, 1 << 20);
  std::vector<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    expected.push_back("line " + std::to_string(i));
    ASSERT_TRUE(spool->Append(expected.back()));
  }
  EXPECT_LE(spool->memory_used(), 2000u);
  EXPECT_TRUE(fs::is_empty(folder_.path()));  // the file has no name

  spool->Welcome(0);

  EXPECT_EQ(TakeAll(spool.get()), expected);
  EXPECT_TRUE(spool->Drain(milliseconds(0)));
  EXPECT_EQ(spool->memory_used(), 0u);
}

TEST_F(LogSpoolTest, AWelcomeMayReachIntoTheFile) {
  const auto spool = Make(500, 1 << 20);
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(spool->Append(std::to_string(i)));

  spool->Welcome(97);

  EXPECT_THAT(TakeAll(spool.get()), ::testing::ElementsAre("98", "99", "100"));
}

TEST_F(LogSpoolTest, AFullSpoolMakesTheWriterWaitAndNotGrow) {
  const auto spool = Make(2000, 4000);
  std::atomic<int> appended = 0;
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(spool->Append("line " + std::to_string(i)));
      ++appended;
    }
  });
  while (appended < 50) std::this_thread::yield();
  EXPECT_LE(spool->memory_used(), 2000u);
  EXPECT_LT(appended, 200);

  spool->Welcome(0);
  std::vector<std::string> lines;
  while (lines.size() < 1000) {
    if (const auto batch = spool->NextBatch(std::chrono::seconds(10))) {
      for (const auto& [at, line] : batch->events) lines.push_back(line);
      spool->Acknowledge(batch->first + batch->events.size() - 1);
      EXPECT_LE(spool->memory_used(), 2000u);
    }
  }
  writer.join();

  for (int i = 0; i < 1000; ++i)
    ASSERT_EQ(lines[static_cast<std::size_t>(i)], "line " + std::to_string(i));
}

TEST_F(LogSpoolTest, AFolderThatCannotBeWrittenLeavesTheMemory) {
  LogSpool spool({.folder = "/proc/no/such", .memory_bytes = 1000}, clock_);
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i) spool.Append("line");
  });
  spool.Welcome(0);
  std::size_t lines = 0;
  while (lines < 100) {
    if (const auto batch = spool.NextBatch(std::chrono::seconds(10))) {
      lines += batch->events.size();
      spool.Acknowledge(batch->first + batch->events.size() - 1);
    }
  }
  writer.join();

  EXPECT_EQ(lines, 100u);
}

TEST_F(LogSpoolTest, CloseFreesWhoeverWaits) {
  const auto spool = Make(100, 0);
  std::thread writer([&] {
    while (spool->Append("a line that fills the spool")) {
    }
  });

  spool->Close();
  writer.join();

  EXPECT_FALSE(spool->NextBatch(std::chrono::seconds(10)).has_value());
}

}  // namespace
}  // namespace sagebrush::agent
