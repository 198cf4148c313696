// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/reader.h"

#include <algorithm>
#include <cstring>

namespace sagebrush::objectstore::internal {

PieceReader::PieceReader(ObjectInfo info, std::vector<Piece> pieces, BlobStore& blobs,
                         BlobPins& pins)
    : info_(std::move(info)), pieces_(std::move(pieces)), blobs_(blobs), pins_(pins) {
  std::uint64_t start = 0;
  for (const auto& piece : pieces_) {
    starts_.push_back(start);
    start += piece.size;
  }
}

PieceReader::~PieceReader() {
  open_.reset();
  pins_.Unpin(BlobsOf(pieces_));
}

std::vector<BlobId> PieceReader::BlobsOf(const std::vector<Piece>& pieces) {
  std::vector<BlobId> blobs;
  for (const auto& piece : pieces)
    if (piece.blob) blobs.push_back(*piece.blob);
  return blobs;
}

std::size_t PieceReader::PieceAt(std::uint64_t offset) const {
  // The last piece that starts at or before it; of empty pieces at the same place that is the one with bytes.
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return static_cast<std::size_t>(after - starts_.begin()) - 1;
}

Status PieceReader::OpenPiece(std::size_t index) {
  if (open_ != nullptr && open_index_ == index) return Status::Ok();
  auto reader = blobs_.Open(*pieces_[index].blob);
  if (!reader.ok())
    return DataLoss("the bytes of '" + info_.key + "' are missing: " + reader.status().message());
  open_ = std::move(reader).value();
  open_index_ = index;
  return Status::Ok();
}

Result<std::size_t> PieceReader::Read(std::uint64_t offset, char* data, std::size_t size) {
  std::size_t done = 0;
  while (done < size && offset + done < info_.size) {
    const std::size_t index = PieceAt(offset + done);
    const Piece& piece = pieces_[index];
    const std::uint64_t within = offset + done - starts_[index];
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - done, piece.size - within));
    if (!piece.blob) {
      std::memcpy(data + done, piece.data.data() + within, count);
    } else {
      RETURN_IF_ERROR(OpenPiece(index));
      ASSIGN_OR_RETURN(const std::size_t got, open_->Read(within, data + done, count));
      if (got != count)
        return DataLoss("the bytes of '" + info_.key + "' end early (blob " + *piece.blob + ")");
    }
    done += count;
  }
  return done;
}

std::uint64_t PieceReader::ContiguousLength(std::uint64_t offset, std::uint64_t length) {
  if (offset >= info_.size) return 0;
  const std::size_t index = PieceAt(offset);
  return std::min(length, pieces_[index].size - (offset - starts_[index]));
}

std::optional<ObjectReader::FileRange> PieceReader::File(std::uint64_t offset,
                                                         std::uint64_t length) {
  if (length == 0 || ContiguousLength(offset, length) < length) return std::nullopt;
  const std::size_t index = PieceAt(offset);
  if (!pieces_[index].blob || !OpenPiece(index).ok())
    return std::nullopt;  // Read will tell what is wrong
  const auto fd = open_->fd();
  if (!fd) return std::nullopt;
  return FileRange{*fd, offset - starts_[index]};
}

std::optional<ObjectReader::PartRange> PieceReader::Part(int number) {
  if (info_.part_count == 0)
    return number == 1 ? std::optional(PartRange{0, info_.size, info_.checksum}) : std::nullopt;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].number != number) continue;
    PartRange part{starts_[i], pieces_[i].size};
    if (!pieces_[i].checksum.empty())
      part.checksum = {info_.checksum.algorithm, pieces_[i].checksum, info_.checksum.type};
    return part;
  }
  return std::nullopt;
}

}  // namespace sagebrush::objectstore::internal
