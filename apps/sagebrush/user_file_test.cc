// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/user_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace sagebrush::apps {
namespace {

class UserFileTest : public ::testing::Test {
 protected:
  static std::string Undo(const std::string& text) { return "undone " + text; }
  UserFile Look(const Json* entry = nullptr) { return Examine(path_, entry, Undo).value(); }
  // As `env --install` does it: the note's entry.
  Json Install(const std::string& wanted) {
    const UserFile file = Look();
    const Json entry =
        KeepOriginal(file, CopyFor(kept_ / "config.before", file.original), wanted).value();
    EXPECT_TRUE(WriteThrough(path_, wanted).ok());
    return entry;
  }
  Text Now() { return ReadIfThere(path_).value(); }
  unsigned ModeOf(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }
  void TearDown() override { ::testing::internal::GetCapturedStdout(); }
  void SetUp() override {
    ::testing::internal::CaptureStdout();  // what PutBack says
    ASSERT_TRUE(MakeFolders(kept_).ok());
  }

  TempFolder folder_ = TempFolder::Create().value();
  const fs::path path_ = folder_.path() / ".aws/config";
  const fs::path kept_ = folder_.path() / ".aws/sagebrush";
};

TEST_F(UserFileTest, AnUntouchedFileBecomesWhatItWasByteForByte) {
  const std::string before = "[default]\r\nregion = x\n\n";
  ASSERT_TRUE(WriteFile(path_, before, 0640).ok());
  const Json entry = Install("ours\n");
  ASSERT_EQ(Now(), "ours\n");

  const UserFile file = Look(&entry);
  ASSERT_TRUE(PutBack(file).ok());

  EXPECT_TRUE(file.untouched);
  EXPECT_EQ(Now(), before);
  EXPECT_EQ(ModeOf(path_), 0640U);
}

TEST_F(UserFileTest, AFileThatWasNotThereGoesAgain) {
  const Json entry = Install("ours\n");
  EXPECT_EQ(entry.GetString("copy"), "");
  EXPECT_EQ(ModeOf(path_), 0600U);

  ASSERT_TRUE(PutBack(Look(&entry)).ok());

  EXPECT_EQ(Now(), std::nullopt);
}

TEST_F(UserFileTest, FromAnEditedFileOursAloneIsTakenOut) {
  ASSERT_TRUE(WriteFile(path_, "before\n").ok());
  const Json entry = Install("ours\n");
  ASSERT_TRUE(WriteFile(path_, "ours and hers\n").ok());

  const UserFile file = Look(&entry);
  ASSERT_TRUE(PutBack(file).ok());

  EXPECT_FALSE(file.untouched);
  EXPECT_EQ(Now(), "undone ours and hers\n");
}

TEST_F(UserFileTest, AFileThatHasGoneStaysGone) {
  ASSERT_TRUE(WriteFile(path_, "before\n").ok());
  const Json entry = Install("ours\n");
  fs::remove(path_);

  ASSERT_TRUE(PutBack(Look(&entry)).ok());

  EXPECT_EQ(Now(), std::nullopt);
}

TEST_F(UserFileTest, ACopyThatIsGoneIsAnErrorAndChangesNothing) {
  ASSERT_TRUE(WriteFile(path_, "before\n").ok());
  const Json entry = Install("ours\n");
  fs::remove(entry.GetString("copy"));

  EXPECT_FALSE(Examine(path_, &entry, Undo).ok());
  EXPECT_EQ(Now(), "ours\n");
}

TEST_F(UserFileTest, ACopyWithAnotherTextIsNeverOverwritten) {
  const fs::path first = kept_ / "config.before";
  EXPECT_EQ(CopyFor(first, Text("one")), first);
  ASSERT_TRUE(WriteFile(first, "one").ok());
  EXPECT_EQ(CopyFor(first, Text("one")), first);
  EXPECT_EQ(CopyFor(first, Text("two")), kept_ / "config.before.1");
  ASSERT_TRUE(WriteFile(kept_ / "config.before.1", "two").ok());

  EXPECT_EQ(CopyFor(first, Text("three")), kept_ / "config.before.2");
  EXPECT_EQ(CopyFor(first, Text("two")), kept_ / "config.before.1");
  EXPECT_EQ(CopyFor(first, std::nullopt), first);  // nothing to keep
}

TEST_F(UserFileTest, CopiesAreTheUsersAlone) {
  ASSERT_TRUE(WriteFile(path_, "aws_secret_access_key = x\n", 0644).ok());

  const Json entry = Install("ours\n");

  EXPECT_EQ(entry.GetString("copy"), (kept_ / "config.before").string());
  EXPECT_EQ(ModeOf(entry.GetString("copy")), 0600U);
  EXPECT_EQ(*ReadFile(entry.GetString("copy")), "aws_secret_access_key = x\n");
}

TEST_F(UserFileTest, OwnerAndModeStayWhoeverInstallsAndWhateverTheUmask) {
  ASSERT_TRUE(WriteFile(path_, "before\n").ok());
  ASSERT_EQ(::chmod(path_.c_str(), 0664), 0);
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::chown(path_.c_str(), 1234, 1235), 0);
  }

  const mode_t umask = ::umask(077);
  EXPECT_TRUE(WriteThrough(path_, "ours\n").ok());
  ::umask(umask);

  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(Now(), "ours\n");
  EXPECT_EQ(info.st_mode & 07777, 0664U);
  EXPECT_EQ(info.st_uid, root ? 1234U : ::geteuid());
  EXPECT_EQ(info.st_gid, root ? 1235U : ::getegid());
}

TEST_F(UserFileTest, ALinkElsewhereStaysOne) {
  const fs::path elsewhere = folder_.path() / "dotfiles-config";
  ASSERT_TRUE(WriteFile(elsewhere, "before\n", 0644).ok());
  fs::create_symlink(elsewhere, path_);

  const Json entry = Install("ours\n");

  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(*ReadFile(elsewhere), "ours\n");
  ASSERT_TRUE(PutBack(Look(&entry)).ok());
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(*ReadFile(elsewhere), "before\n");
}

}  // namespace
}  // namespace sagebrush::apps
