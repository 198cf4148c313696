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

}  // namespace
}  // namespace sagebrush::orchestrator
