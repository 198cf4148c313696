// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/pending_upload.h"

namespace sagebrush::objectstore::internal {

namespace {

constexpr std::uint64_t kRoomStep = 8 << 20;  // asked once for so many bytes

}  // namespace

Status PendingUpload::Append(std::string_view data) {
  if (status_.ok() && digest_) status_ = FailedPrecondition("bytes after the end of an upload");
  if (status_.ok() && size_ + data.size() > checked_) {
    checked_ = size_ + data.size() + kRoomStep;
    status_ = room_.Check(data.size() + (writer_ == nullptr ? 0 : kRoomStep));
  }
  if (!status_.ok()) return status_;
  size_ += data.size();
  md5_.Update(data);
  if (writer_ == nullptr && data_.size() + data.size() <= kInlineLimit) {
    data_ += data;
    return Status::Ok();
  }
  if (writer_ == nullptr) {
    auto writer = blobs_.NewWriter();
    if (!writer.ok()) return status_ = writer.status();
    writer_ = std::move(writer).value();
    status_ = writer_->Append(data_);
    data_ = std::string();
  }
  if (status_.ok()) status_ = writer_->Append(data);
  return status_;
}

std::string PendingUpload::Md5() {
  if (!digest_) digest_ = md5_.Finish();
  return *digest_;
}

Result<NewContent> PendingUpload::Finish() {
  if (!status_.ok()) return status_;
  NewContent content{.size = size_, .blob = {}, .data = std::move(data_)};
  if (writer_ != nullptr) {
    ASSIGN_OR_RETURN(content.blob, writer_->Commit());
    writer_.reset();
  }
  return content;
}

}  // namespace sagebrush::objectstore::internal
