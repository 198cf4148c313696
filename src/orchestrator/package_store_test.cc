// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/package_store.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::orchestrator {
namespace {

const std::string kKey(64, 'a');
constexpr char kAccount[] = "123456789012";
constexpr std::uint64_t kLimit = 1 << 20;

PackageStore::Source Giving(std::string text) {
  return [text, at = std::size_t{0}](char* data, std::size_t size) mutable -> Result<std::size_t> {
    const std::size_t count = text.copy(data, size, at);
    at += count;
    return count;
  };
}

class PackageStoreTest : public ::testing::Test {
 protected:
  PackageStoreTest()
      : temp_(TempFolder::Create().value()), store_(PackageStore::Open(Folder()).value()) {}

  fs::path Folder() const { return temp_.path() / "packages"; }
  std::string Content(const std::string& account, const std::string& key) {
    const auto archive = store_.Find(account, key);
    if (!archive.ok()) return archive.status().ToString();
    std::string text(archive->size, '\0');
    EXPECT_EQ(ReadAt(archive->file.get(), 0, text.data(), text.size()).value_or(0), text.size());
    return text;
  }
  std::size_t Files() {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(Folder()))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  TempFolder temp_;
  PackageStore store_;
};

TEST_F(PackageStoreTest, WhatWasStoredIsFoundByItsAccountAlone) {
  ASSERT_TRUE(store_.Store(kAccount, kKey, Giving("archive"), kLimit).ok());

  EXPECT_EQ(Content(kAccount, kKey), "archive");
  EXPECT_EQ(store_.Find("999999999999", kKey).status().code(), Code::kNotFound);
  EXPECT_EQ(store_.Find(kAccount, std::string(64, 'b')).status().code(), Code::kNotFound);
}

TEST_F(PackageStoreTest, TheFirstOneStays) {
  ASSERT_TRUE(store_.Store(kAccount, kKey, Giving("first"), kLimit).ok());
  EXPECT_TRUE(store_.Store(kAccount, kKey, Giving("second"), kLimit).ok());

  EXPECT_EQ(Content(kAccount, kKey), "first");
  EXPECT_EQ(Files(), 1U);
}

TEST_F(PackageStoreTest, AHalfOneIsNeverSeenAndLeavesNothing) {
  const auto breaks = [](char* data, std::size_t) -> Result<std::size_t> {
    static int calls = 0;
    if (calls++ > 0) return Unavailable("the agent is gone");
    *data = 'x';
    return std::size_t{1};
  };

  EXPECT_EQ(store_.Store(kAccount, kKey, breaks, kLimit).code(), Code::kUnavailable);
  EXPECT_EQ(store_.Store(kAccount, kKey, Giving(std::string(100, 'x')), 99).code(),
            Code::kResourceExhausted);
  EXPECT_EQ(store_.Find(kAccount, kKey).status().code(), Code::kNotFound);
  EXPECT_EQ(Files(), 0U);

  ASSERT_TRUE(WriteFile(Folder() / kAccount / "left.half", "x").ok());
  ASSERT_TRUE(PackageStore::Open(Folder()).ok());
  EXPECT_EQ(Files(), 0U);
}

TEST_F(PackageStoreTest, HowLongOneStaysIsNotTheStoresBusiness) {
  ASSERT_TRUE(store_.Store(kAccount, kKey, Giving("old"), kLimit).ok());
  for (const auto& file : fs::directory_iterator(Folder() / kAccount))
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1000 * 24));

  ASSERT_TRUE(store_.Store(kAccount, std::string(64, 'b'), Giving("new"), kLimit).ok());
  ASSERT_TRUE(PackageStore::Open(Folder()).ok());

  EXPECT_EQ(Content(kAccount, kKey), "old");
}

TEST_F(PackageStoreTest, WhatWasUsedLongestAgoGoesWhenAllAreTooLarge) {
  const PackageStore small = PackageStore::Open(Folder(), {.total = 250}).value();
  const std::string used(64, 'b');
  const std::string other(64, 'c');
  ASSERT_TRUE(small.Store(kAccount, kKey, Giving(std::string(100, 'x')), kLimit).ok());
  ASSERT_TRUE(small.Store("999999999999", used, Giving(std::string(100, 'x')), kLimit).ok());
  for (const auto& file : fs::recursive_directory_iterator(Folder()))
    if (file.is_regular_file())
      fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
  ASSERT_TRUE(small.Find("999999999999", used).ok());
  ASSERT_TRUE(small.Store(kAccount, other, Giving(std::string(100, 'x')), kLimit).ok());

  EXPECT_EQ(small.Find(kAccount, kKey).status().code(), Code::kNotFound);
  EXPECT_TRUE(small.Find("999999999999", used).ok());
  EXPECT_TRUE(small.Find(kAccount, other).ok());
}

TEST_F(PackageStoreTest, TheLastOfTheDiskIsLeftToRecordsAndLogs) {
  constexpr std::uint64_t kMiB = 1 << 20;
  std::uint64_t available = 30 * kMiB;
  const PackageStore full =
      PackageStore::Open(Folder(), {.free_space =
                                        [&](const fs::path&) {
                                          available -= 2 * kMiB;  // others write too
                                          return fs::space_info{1000 * kMiB, available, available};
                                        }})
          .value();

  const Status stored = full.Store(kAccount, kKey, Giving(std::string(50 * kMiB, 'x')), 100 * kMiB);

  EXPECT_EQ(stored.code(), Code::kResourceExhausted) << stored.ToString();
  EXPECT_GE(available, 20 * kMiB);
  EXPECT_EQ(Files(), 0U);
}

TEST_F(PackageStoreTest, OnlyKeysAreNames) {
  for (const std::string& key :
       {std::string("../../records.db"), std::string(64, 'A'), std::string(63, 'a'), std::string()})
    EXPECT_EQ(store_.Store(kAccount, key, Giving("x"), kLimit).code(), Code::kInvalidArgument);
  EXPECT_EQ(store_.Store("..", kKey, Giving("x"), kLimit).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace sagebrush::orchestrator
