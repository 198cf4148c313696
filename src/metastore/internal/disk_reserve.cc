// SPDX-License-Identifier: Apache-2.0
#include "metastore/internal/disk_reserve.h"

#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/log.h"

namespace sagebrush::metastore::internal {

namespace {

// A few dozen commits in SQLite's log: enough to record how the instances that filled the disk ended.
constexpr std::size_t kBytes = 1 << 20;
constexpr std::uint64_t kRoomToMake = 16 * kBytes;
constexpr int kWritesBetweenLooks = 100;

}  // namespace

DiskReserve::DiskReserve(const std::filesystem::path& database)
    : file_(database.string() + ".reserve") {
  std::error_code error;
  stands_ = std::filesystem::file_size(file_, error) == kBytes && !error;
  if (!stands_) Make();
}

void DiskReserve::GiveUp() {
  if (!stands_) return;
  std::error_code error;
  std::filesystem::remove(file_, error);
  stands_ = false;
  writes_until_look_ = kWritesBetweenLooks;
  LogWarning("metastore", "the disk is full; " + file_.string() +
                              " is given up, so that what ends can be recorded. Free some space");
}

void DiskReserve::Restore() {
  if (stands_ || --writes_until_look_ > 0) return;
  writes_until_look_ = kWritesBetweenLooks;
  Make();
}

void DiskReserve::Make() {
  std::error_code error;
  const auto space = std::filesystem::space(file_.parent_path(), error);
  if (error || space.available < kRoomToMake) return;
  // Bytes, not a hole. It need not be durable: a start makes it again.
  stands_ = WriteFile(file_, std::string(kBytes, '\0'), 0600).ok();
  if (!stands_) std::filesystem::remove(file_, error);
}

}  // namespace sagebrush::metastore::internal
