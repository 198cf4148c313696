// SPDX-License-Identifier: Apache-2.0
#include "base/archive.h"

#include <cstring>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"

namespace sagebrush {
namespace {

// One entry of a plain tar file (ustar), so that tests can say what no tool would write.
std::string TarEntry(const std::string& name, char type, const std::string& content = "",
                     const std::string& link = "") {
  std::string block(512, '\0');
  std::snprintf(block.data(), 100, "%s", name.c_str());
  std::snprintf(block.data() + 100, 8, "%07o", 0644U);
  std::snprintf(block.data() + 108, 8, "%07o", 0U);
  std::snprintf(block.data() + 116, 8, "%07o", 0U);
  std::snprintf(block.data() + 124, 12, "%011lo", static_cast<unsigned long>(content.size()));
  std::snprintf(block.data() + 136, 12, "%011lo", 0UL);
  std::memset(block.data() + 148, ' ', 8);
  block[156] = type;
  std::snprintf(block.data() + 157, 100, "%s", link.c_str());
  std::memcpy(block.data() + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(block.data() + 148, 8, "%06o", sum);
  block += content;
  block.resize((block.size() + 511) / 512 * 512, '\0');
  return block;
}

class ArchiveTest : public ::testing::Test {
 protected:
  ArchiveTest() : folder_(TempFolder::Create().value()) {
    fs::create_directories(folder_.path() / "out");
  }
  Status UnpackTar(const std::string& entries, const UnpackLimits& limits = {}) {
    EXPECT_TRUE(WriteFile(folder_.path() / "a.tar", entries + std::string(1024, '\0')).ok());
    return UnpackArchive(folder_.path() / "a.tar", folder_.path() / "out", limits);
  }
  fs::path out(const std::string& name) const { return folder_.path() / "out" / name; }

  TempFolder folder_;
};

TEST_F(ArchiveTest, WhatIsPackedUnpacksTheSame) {
  const fs::path in = folder_.path() / "in";
  fs::create_directories(in / "1/variables");
  ASSERT_TRUE(WriteFile(in / "1/saved_model.pb", std::string(300'000, 'm')).ok());
  ASSERT_TRUE(WriteFile(in / "1/variables/empty", "").ok());
  fs::create_symlink("saved_model.pb", in / "1/link");

  ASSERT_TRUE(PackArchive(in, folder_.path() / "m.tar.gz").ok());
  const Status unpacked = UnpackArchive(folder_.path() / "m.tar.gz", folder_.path() / "out");

  ASSERT_TRUE(unpacked.ok()) << unpacked.ToString();
  EXPECT_EQ(*ReadFile(out("1/saved_model.pb")), std::string(300'000, 'm'));
  EXPECT_TRUE(fs::exists(out("1/variables/empty")));
  EXPECT_EQ(fs::read_symlink(out("1/link")), "saved_model.pb");
}

TEST_F(ArchiveTest, SocketsAndFifosAreLeftOut) {
  const fs::path in = folder_.path() / "in";
  fs::create_directories(in);
  ASSERT_EQ(::mkfifo((in / "pipe").c_str(), 0600), 0);
  ASSERT_TRUE(WriteFile(in / "file", "x").ok());

  ASSERT_TRUE(PackArchive(in, folder_.path() / "m.tar.gz").ok());
  ASSERT_TRUE(UnpackArchive(folder_.path() / "m.tar.gz", folder_.path() / "out").ok());

  EXPECT_TRUE(fs::exists(out("file")));
  EXPECT_FALSE(fs::exists(out("pipe")));
}

TEST_F(ArchiveTest, RefusesPathsThatLeaveTheFolder) {
  for (const char* name : {"../evil", "/tmp/evil-absolute", "a/../../evil"}) {
    const Status status = UnpackTar(TarEntry(name, '0', "x"));

    EXPECT_EQ(status.code(), Code::kInvalidArgument) << name;
    EXPECT_FALSE(fs::exists(folder_.path() / "evil"));
  }
}

TEST_F(ArchiveTest, TheFolderItselfMayBeCalledSlash) {
  const Status status = UnpackTar(TarEntry("/", '5', "") + TarEntry("1/model.pb", '0', "x"));

  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(*ReadFile(out("1/model.pb")), "x");
  EXPECT_FALSE(UnpackTar(TarEntry("/", '2', "", "1")).ok());
}

TEST_F(ArchiveTest, RefusesLinksThatLeaveTheFolder) {
  EXPECT_FALSE(UnpackTar(TarEntry("l", '2', "", "../../etc/passwd")).ok());
  EXPECT_FALSE(UnpackTar(TarEntry("l", '2', "", "/etc/passwd")).ok());
  EXPECT_FALSE(UnpackTar(TarEntry("l", '1', "", "../evil")).ok());
}

TEST_F(ArchiveTest, DoesNotWriteThroughALinkItMade) {
  const Status status = UnpackTar(TarEntry("d", '2', "", "sub") + TarEntry("d/file", '0', "x"));

  EXPECT_FALSE(fs::exists(out("sub/file")));
  EXPECT_TRUE(!status.ok() || fs::is_directory(fs::symlink_status(out("d"))));
}

TEST_F(ArchiveTest, RefusesDevices) { EXPECT_FALSE(UnpackTar(TarEntry("dev", '3')).ok()); }

TEST_F(ArchiveTest, RefusesMoreThanItsLimits) {
  EXPECT_FALSE(UnpackTar(TarEntry("big", '0', std::string(5000, 'x')),
                         {.max_bytes = 1000, .max_entries = 10})
                   .ok());
  EXPECT_FALSE(UnpackTar(TarEntry("a", '0') + TarEntry("b", '0') + TarEntry("c", '0'),
                         {.max_bytes = 1000, .max_entries = 2})
                   .ok());
}

TEST_F(ArchiveTest, RefusesWhatIsNoArchiveAndWhatIsCutShort) {
  ASSERT_TRUE(WriteFile(folder_.path() / "x", "this is no archive at all").ok());
  EXPECT_EQ(UnpackArchive(folder_.path() / "x", folder_.path() / "out").code(),
            Code::kInvalidArgument);

  const fs::path in = folder_.path() / "in";
  fs::create_directories(in);
  ASSERT_TRUE(WriteFile(in / "f", std::string(100'000, 'f')).ok());
  ASSERT_TRUE(PackArchive(in, folder_.path() / "m.tar.gz").ok());
  const std::string whole = *ReadFile(folder_.path() / "m.tar.gz");
  ASSERT_TRUE(WriteFile(folder_.path() / "cut.tar.gz", whole.substr(0, whole.size() / 2)).ok());
  EXPECT_FALSE(UnpackArchive(folder_.path() / "cut.tar.gz", folder_.path() / "out").ok());
}

}  // namespace
}  // namespace sagebrush
