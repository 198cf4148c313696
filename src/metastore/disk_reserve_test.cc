// SPDX-License-Identifier: Apache-2.0
// What it is for shows tests/faults/test_disk_full.py.
#include "metastore/internal/disk_reserve.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::metastore::internal {
namespace {

class DiskReserveTest : public testing::Test {
 protected:
  bool Stands() const { return fs::exists(folder_.path() / "a.db.reserve"); }

  const TempFolder folder_ = TempFolder::Create().value();
  const fs::path database_ = folder_.path() / "a.db";
};

TEST_F(DiskReserveTest, HoldsRoomWithBytesAndGivesItUp) {
  DiskReserve reserve(database_);

  ASSERT_TRUE(Stands());
  EXPECT_EQ(ReadFile(folder_.path() / "a.db.reserve")->size(), std::size_t{1} << 20);
  reserve.GiveUp();
  EXPECT_FALSE(Stands());
}

TEST_F(DiskReserveTest, ComesBackAfterAWhileOfWritesWithoutTrouble) {
  DiskReserve reserve(database_);
  reserve.GiveUp();

  reserve.Restore();
  EXPECT_FALSE(Stands());
  for (int write = 0; write < 100; ++write) reserve.Restore();
  EXPECT_TRUE(Stands());
}

TEST_F(DiskReserveTest, OneThatWasCutShortIsMadeAnew) {
  ASSERT_TRUE(WriteFile(folder_.path() / "a.db.reserve", "short").ok());

  const DiskReserve reserve(database_);

  EXPECT_EQ(fs::file_size(folder_.path() / "a.db.reserve"), std::size_t{1} << 20);
}

}  // namespace
}  // namespace sagebrush::metastore::internal
