// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/disk_room.h"

#include <algorithm>
#include <string>

namespace sagebrush::objectstore::internal {

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

}  // namespace

std::uint64_t ReserveOf(std::uint64_t capacity) {
  return std::clamp(capacity / 50, 4 * kMiB, 256 * kMiB);
}

Status DiskRoom::Check(std::uint64_t bytes) const {
  std::error_code error;
  const auto space = std::filesystem::space(folder_, error);
  if (error) return Status::Ok();  // who cannot be asked cannot refuse; the write itself may
  const std::uint64_t reserve = ReserveOf(space.capacity);
  if (space.available >= reserve && space.available - reserve >= bytes) return Status::Ok();
  return ResourceExhausted(
      "the disk of the data folder is full: " + std::to_string(space.available / kMiB) +
      " MiB are free, and the last " + std::to_string(reserve / kMiB) +
      " are kept for deletions and records. Delete objects, or free space on the disk of " +
      folder_.string() + ", and try again");
}

}  // namespace sagebrush::objectstore::internal
