// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/instance_folder.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::orchestrator {
namespace {

class InstanceFolderTest : public ::testing::Test {
 protected:
  TempFolder temp_ = TempFolder::Create().value();
  InstanceFolder folder_{temp_.path()};
};

TEST_F(InstanceFolderTest, OnlyANumberOfOneProcessIsAPid) {
  for (const char* number : {"-1", "0", "1", "2147483648", "4294967295", "4294967338"}) {
    ASSERT_TRUE(folder_.Note("bwrap.json", std::string(R"({"child-pid":)") + number + "}").ok());
    EXPECT_EQ(folder_.namespace_init(), std::nullopt) << number;
  }
  ASSERT_TRUE(folder_.Note("bwrap.json", R"({"child-pid":42})").ok());
  EXPECT_EQ(folder_.namespace_init(), 42);
}

TEST_F(InstanceFolderTest, WithoutIsolationThereIsNoInitWhateverItsFileSays) {
  ASSERT_TRUE(folder_.Note("isolation", IsolationName(Isolation::kNone)).ok());
  ASSERT_TRUE(folder_.Note("bwrap.json", R"({"child-pid":42})").ok());

  EXPECT_EQ(folder_.namespace_init(), std::nullopt);
}

TEST_F(InstanceFolderTest, TheLowestFreeNumberIsOneThatNobodyNotedAndHavingNoneIsAPassingState) {
  ASSERT_TRUE(MakeFolders(temp_.path() / "i-a").ok());
  ASSERT_TRUE(InstanceFolder(temp_.path() / "i-a").Note("uid", "7").ok());
  const auto lowest = [&](unsigned count) {
    return LowestFreeNumber(temp_.path(), "uid", 7, count, [](unsigned n) { return n != 8; });
  };

  EXPECT_EQ(lowest(3).value(), 9U);
  EXPECT_EQ(lowest(2).status().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace sagebrush::orchestrator
