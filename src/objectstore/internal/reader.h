// SPDX-License-Identifier: Apache-2.0
// An object's bytes, over its pieces. The blobs are pinned as long as the reader lives; one is open at a time, so that an
// object of ten thousand parts costs one descriptor. Data plane.
#pragma once

#include <memory>
#include <vector>

#include "objectstore/blob_store.h"
#include "objectstore/internal/contents.h"
#include "objectstore/internal/pins.h"
#include "objectstore/object_store.h"

namespace sagebrush::objectstore::internal {

class PieceReader final : public ObjectReader {
 public:
  // The blobs of `pieces` are pinned already; the reader unpins them.
  PieceReader(ObjectInfo info, std::vector<Piece> pieces, BlobStore& blobs, BlobPins& pins);
  ~PieceReader() override;

  const ObjectInfo& info() const override { return info_; }
  Result<std::size_t> Read(std::uint64_t offset, char* data, std::size_t size) override;
  std::optional<FileRange> File(std::uint64_t offset, std::uint64_t length) override;
  std::uint64_t ContiguousLength(std::uint64_t offset, std::uint64_t length) override;
  std::optional<PartRange> Part(int number) override;

  static std::vector<BlobId> BlobsOf(const std::vector<Piece>& pieces);

 private:
  // The piece that holds the byte at `offset`, which is before the end.
  std::size_t PieceAt(std::uint64_t offset) const;
  Status OpenPiece(std::size_t index);

  const ObjectInfo info_;
  const std::vector<Piece> pieces_;
  std::vector<std::uint64_t> starts_;
  BlobStore& blobs_;
  BlobPins& pins_;
  std::size_t open_index_ = 0;
  std::unique_ptr<BlobReader> open_;  // pieces_[open_index_]
};

}  // namespace sagebrush::objectstore::internal
