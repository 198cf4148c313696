// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/runtime_maker.h"

#include <atomic>
#include <condition_variable>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>

#include "base/file.h"

namespace sagebrush::orchestrator {
namespace {

// Leaves the marker as runtimes/common.sh does.
constexpr char kMake[] = R"sh(#!/bin/sh
set -e
echo "progress: 50 halfway"
mkdir -p "$1"
(cd "$(dirname "$0")" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d' ' -f1) > "$1/.made"
)sh";

class RuntimeMakerTest : public ::testing::Test {
 protected:
  RuntimeMakerTest() : folder_(TempFolder::Create().value()) {
    fs::create_directories(folder_.path() / "recipe");
    Recipe(kMake);
    runtime_.name = "toy";
    runtime_.make = folder_.path() / "recipe/make";
  }
  void Recipe(const std::string& text) {
    ASSERT_TRUE(WriteFile(folder_.path() / "recipe/make", text, 0755).ok());
  }
  std::unique_ptr<RuntimeMaker> Maker() {
    return std::make_unique<RuntimeMaker>(folder_.path() / "cache", [this] {
      const std::lock_guard lock(mutex_);
      ++changes_;
      changed_.notify_all();
    });
  }
  RuntimeStatus Settled(RuntimeMaker& maker) {
    std::unique_lock lock(mutex_);
    RuntimeStatus status;
    changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      status = maker.Look(runtime_);
      return status.state != RuntimeStatus::State::kMaking;
    });
    return status;
  }

  TempFolder folder_;
  Runtime runtime_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int changes_ = 0;
};

TEST_F(RuntimeMakerTest, MakesARuntimeOnFirstUseAndKeepsItForTheNextServer) {
  {
    const auto maker = Maker();
    const RuntimeStatus made = Settled(*maker);
    ASSERT_EQ(made.state, RuntimeStatus::State::kReady) << made.text;
    EXPECT_EQ(made.folder, folder_.path() / "cache/runtimes/toy");
  }
  const auto next = Maker();

  EXPECT_EQ(next->Look(runtime_).state, RuntimeStatus::State::kReady);
}

TEST_F(RuntimeMakerTest, ARuntimeOfAnOlderRecipeIsMadeAnew) {
  {
    const auto maker = Maker();
    ASSERT_EQ(Settled(*maker).state, RuntimeStatus::State::kReady);
  }
  Recipe(std::string(kMake) + "# changed\n");
  const auto next = Maker();

  EXPECT_EQ(next->Look(runtime_).state, RuntimeStatus::State::kMaking);
  EXPECT_EQ(Settled(*next).state, RuntimeStatus::State::kReady);
}

TEST_F(RuntimeMakerTest, ARuntimeThatHasBeenRemovedIsNoticedAndMadeAgain) {
  const auto maker = Maker();
  ASSERT_EQ(Settled(*maker).state, RuntimeStatus::State::kReady);

  ASSERT_TRUE(RemoveTree(folder_.path() / "cache/runtimes/toy").ok());

  EXPECT_EQ(maker->Look(runtime_).state, RuntimeStatus::State::kMaking);
  EXPECT_EQ(Settled(*maker).state, RuntimeStatus::State::kReady);
  EXPECT_TRUE(IsMade(runtime_, folder_.path() / "cache/runtimes/toy"));
}

TEST_F(RuntimeMakerTest, AFailureTellsTheScriptsOwnError) {
  Recipe("#!/bin/sh\necho 'error: no network: connect and try again' >&2\nexit 1\n");
  const auto maker = Maker();

  const RuntimeStatus failed = Settled(*maker);

  EXPECT_EQ(failed.state, RuntimeStatus::State::kFailed);
  EXPECT_NE(failed.text.find("no network: connect and try again"), std::string::npos);
}

}  // namespace
}  // namespace sagebrush::orchestrator
