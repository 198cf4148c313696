// SPDX-License-Identifier: Apache-2.0
// Blobs in a map. A real implementation of the contract, so that tests of the layers above need no disk; readers share the
// bytes, so a removed blob stays readable (that is why they are a shared_ptr).
#include <algorithm>
#include <map>
#include <mutex>

#include "base/id.h"
#include "objectstore/blob_store.h"

namespace sagebrush::objectstore {

namespace {

using Bytes = std::shared_ptr<const std::string>;

class MemoryBlobReader final : public BlobReader {
 public:
  explicit MemoryBlobReader(Bytes bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> Read(std::uint64_t offset, char* data, std::size_t size) override {
    if (offset >= bytes_->size()) return std::size_t{0};
    const std::size_t count = std::min(size, bytes_->size() - static_cast<std::size_t>(offset));
    std::copy_n(bytes_->data() + offset, count, data);
    return count;
  }
  std::optional<int> fd() const override { return std::nullopt; }

 private:
  Bytes bytes_;
};

class MemoryBlobStore final : public BlobStore {
 public:
  Result<std::unique_ptr<BlobWriter>> NewWriter() override;

  Result<std::unique_ptr<BlobReader>> Open(const BlobId& id) override {
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(id);
    if (found == blobs_.end()) return NotFound("no blob '" + id + "'");
    return std::unique_ptr<BlobReader>(std::make_unique<MemoryBlobReader>(found->second));
  }

  Status Remove(const BlobId& id) override {
    const std::lock_guard lock(mutex_);
    blobs_.erase(id);
    return Status::Ok();
  }

  Result<std::vector<BlobId>> List() override {
    const std::lock_guard lock(mutex_);
    std::vector<BlobId> ids;
    for (const auto& [id, bytes] : blobs_) ids.push_back(id);
    return ids;
  }

  void Add(const BlobId& id, std::string bytes) {
    const std::lock_guard lock(mutex_);
    blobs_[id] = std::make_shared<const std::string>(std::move(bytes));
  }

 private:
  std::mutex mutex_;  // guards blobs_
  std::map<BlobId, Bytes> blobs_;
};

class MemoryBlobWriter final : public BlobWriter {
 public:
  explicit MemoryBlobWriter(MemoryBlobStore& store) : store_(store) {}
  Status Append(std::string_view data) override {
    bytes_ += data;
    return Status::Ok();
  }
  Result<BlobId> Commit() override {
    BlobId id = NewId(26);
    store_.Add(id, std::move(bytes_));
    return id;
  }

 private:
  MemoryBlobStore& store_;
  std::string bytes_;
};

Result<std::unique_ptr<BlobWriter>> MemoryBlobStore::NewWriter() {
  return std::unique_ptr<BlobWriter>(std::make_unique<MemoryBlobWriter>(*this));
}

}  // namespace

std::unique_ptr<BlobStore> NewMemoryBlobStore() { return std::make_unique<MemoryBlobStore>(); }

}  // namespace sagebrush::objectstore
