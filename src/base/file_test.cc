// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>

namespace sagebrush {
namespace {

TEST(FileTest, DurableWriteReplacesTheWholeAndLeavesNothingElse) {
  const TempFolder folder = TempFolder::Create().value();
  ASSERT_TRUE(WriteFileDurably(folder.path() / "f", "old and long").ok());

  ASSERT_TRUE(WriteFileDurably(folder.path() / "f", "new", 0600).ok());

  EXPECT_EQ(*ReadFile(folder.path() / "f"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

// That they are durable shows tests/faults/test_power_cuts.py.
TEST(FileTest, DurableFoldersAreMadeWithAllAboveAndMayStandAlready) {
  const TempFolder folder = TempFolder::Create().value();

  EXPECT_TRUE(MakeFoldersDurably(folder.path() / "a" / "b" / "", 0700).ok());
  EXPECT_TRUE(fs::is_directory(folder.path() / "a" / "b"));
  EXPECT_TRUE(MakeFoldersDurably(folder.path() / "a" / "b", 0700).ok());
  ASSERT_TRUE(WriteFile(folder.path() / "file", "").ok());
  EXPECT_FALSE(MakeFoldersDurably(folder.path() / "file" / "c", 0700).ok());
}

TEST(FileTest, ErrorsNameThePath) {
  const auto missing = ReadFile("/nonexistent/file");

  EXPECT_EQ(missing.status().code(), Code::kNotFound);
  EXPECT_NE(missing.status().message().find("/nonexistent/file"), std::string::npos);
}

TEST(FileLockTest, OneHolderAtATime) {
  const TempFolder folder = TempFolder::Create().value();
  const fs::path path = folder.path() / "lock";
  {
    const auto held = FileLock::Acquire(path);
    ASSERT_TRUE(held.ok());

    EXPECT_TRUE(FileLock::IsHeld(path));
    EXPECT_EQ(FileLock::Acquire(path).status().code(), Code::kFailedPrecondition);
  }
  EXPECT_FALSE(FileLock::IsHeld(path));
  EXPECT_TRUE(FileLock::Acquire(path).ok());
}

}  // namespace
}  // namespace sagebrush
