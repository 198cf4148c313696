// SPDX-License-Identifier: Apache-2.0
// Whether the disk has room for more objects. The last piece of it is kept for what makes room again and for what
// must not fail for want of it: deletions, records and logs, which also need to write. Any thread may call.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/status.h"

namespace sagebrush::objectstore::internal {

class DiskRoom {
 public:
  explicit DiskRoom(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // kResourceExhausted, with what to do, if `bytes` more would leave less than the reserve.
  Status Check(std::uint64_t bytes) const;

 private:
  const std::filesystem::path folder_;
};

// A fiftieth of the disk, but 4 MiB at least (a few pages of each database and their logs) and 256 MiB at most.
std::uint64_t ReserveOf(std::uint64_t capacity);

}  // namespace sagebrush::objectstore::internal
