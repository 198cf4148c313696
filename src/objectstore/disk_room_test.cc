// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/disk_room.h"

#include <gtest/gtest.h>

namespace sagebrush::objectstore::internal {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

TEST(DiskRoom, TheReserveFollowsTheDiskWithinBounds) {
  EXPECT_EQ(ReserveOf(0), 4 * kMiB);
  EXPECT_EQ(ReserveOf(1'000 * kMiB), 20 * kMiB);
  EXPECT_EQ(ReserveOf(1'000'000 * kMiB), 256 * kMiB);
}

TEST(DiskRoom, MoreThanTheDiskHoldsIsRefusedWithWhatToDo) {
  const Status refused = DiskRoom("/tmp").Check(std::uint64_t{1} << 62);

  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_NE(refused.message().find("Delete objects, or free space on the disk of /tmp"),
            std::string::npos)
      << refused.message();
}

TEST(DiskRoom, AFolderThatCannotBeAskedRefusesNothing) {
  EXPECT_TRUE(DiskRoom("/nonexistent").Check(1).ok());
}

}  // namespace
}  // namespace sagebrush::objectstore::internal
