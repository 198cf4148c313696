// SPDX-License-Identifier: Apache-2.0
// Bytes on their way in: in memory while they are few, in a blob once they are more than kInlineLimit. Data plane.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/hash.h"
#include "objectstore/blob_store.h"
#include "objectstore/internal/contents.h"
#include "objectstore/internal/disk_room.h"
#include "objectstore/object_store.h"

namespace sagebrush::objectstore::internal {

// Up to here the bytes stand in the index and share its group commit; beyond, a file's own fsync costs less than the copy.
inline constexpr std::size_t kInlineLimit = 64 << 10;

class PendingUpload final : public Upload {
 public:
  PendingUpload(BlobStore& blobs, const DiskRoom& room)
      : blobs_(blobs), room_(room), md5_(HashKind::kMd5) {}

  Status Append(std::string_view data) override;
  std::uint64_t size() const override { return size_; }
  std::string Md5() override;

  // Makes a blob durable, if there is one. Called once.
  Result<NewContent> Finish();

 private:
  BlobStore& blobs_;
  const DiskRoom& room_;
  Status status_;
  std::uint64_t size_ = 0;
  std::uint64_t checked_ = 0;  // up to here the disk was asked for room
  Hasher md5_;
  std::optional<std::string> digest_;
  std::string data_;
  std::unique_ptr<BlobWriter> writer_;  // once there is more than kInlineLimit
};

}  // namespace sagebrush::objectstore::internal
