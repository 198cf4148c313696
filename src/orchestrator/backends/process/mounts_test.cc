// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/mounts.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "orchestrator/backends/process/in_child.h"

namespace sagebrush::orchestrator {
namespace {

namespace fs = std::filesystem;

class MountsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(MakeFolders(temp_.path() / "opt/other").ok());
    ASSERT_TRUE(WriteFile(temp_.path() / "opt/other/file", "other").ok());
    ASSERT_TRUE(WriteFile(temp_.path() / "opt/file", "file").ok());
    ASSERT_TRUE(MakeFolders(temp_.path() / "own").ok());
    ASSERT_TRUE(WriteFile(temp_.path() / "own/file", "own").ok());
    fs::create_symlink("other", temp_.path() / "opt/link");
    if (!CanBindFolder(ml_)) GTEST_SKIP() << "nobody may mount here";
  }

  // Whether a child of its own, which has done the mount, finds these files.
  bool ChildReads(const std::vector<std::pair<std::string, std::string>>& files) {
    return InChild([&] {
      bool works = EnterMountNamespace().ok() && BindFolder(temp_.path() / "own", ml_).ok();
      for (const auto& [name, content] : files) {
        const auto text = ReadFile(temp_.path() / "opt" / name);
        works = works && text.ok() && *text == content;
      }
      return works;
    });
  }

  TempFolder temp_ = TempFolder::Create().value();
  const fs::path ml_ = temp_.path() / "opt/ml";
};

TEST_F(MountsTest, AFolderThatIsThereIsCovered) {
  ASSERT_TRUE(MakeFolders(ml_).ok());
  EXPECT_TRUE(ChildReads({{"ml/file", "own"}, {"other/file", "other"}}));
}

TEST_F(MountsTest, AFolderThatIsNotThereIsHadBesideAllThatIs) {
  EXPECT_TRUE(ChildReads(
      {{"ml/file", "own"}, {"other/file", "other"}, {"link/file", "other"}, {"file", "file"}}));
}

TEST_F(MountsTest, TheMachineStaysAsItIs) {
  ASSERT_TRUE(ChildReads({{"ml/file", "own"}}));
  EXPECT_FALSE(fs::exists(ml_));
  EXPECT_EQ(ReadFile(temp_.path() / "opt/file").value(), "file");
}

}  // namespace
}  // namespace sagebrush::orchestrator
