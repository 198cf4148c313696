// SPDX-License-Identifier: Apache-2.0
// The ObjectStore over metastore's Database and a BlobStore. Each mutating method is: make new blobs durable, then one index
// transaction, then remove the blobs that lost their last reference. docs/formats/objects.md says what a crash in between
// leaves. Thread-safe: all state is the database's, the blob store's and the pins'.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "metastore/database.h"
#include "objectstore/blob_store.h"
#include "objectstore/internal/disk_room.h"
#include "objectstore/internal/pins.h"
#include "objectstore/internal/rows.h"
#include "objectstore/object_store.h"

namespace sagebrush::objectstore::internal {

class IndexedObjectStore final : public ObjectStore {
 public:
  IndexedObjectStore(const std::filesystem::path& folder, FileLock lock, const Clock& clock,
                     std::unique_ptr<metastore::Database> index, std::unique_ptr<BlobStore> blobs)
      : lock_(std::move(lock)),
        room_(folder),
        clock_(clock),
        blobs_(std::move(blobs)),
        pins_(*blobs_),
        index_(std::move(index)) {}

  // Removes the blobs that nothing refers to.
  Status RemoveLeftovers();

  Status CreateBucket(const Bucket& bucket) override;
  Result<Bucket> GetBucket(std::string_view bucket) override;
  Result<std::vector<Bucket>> ListBuckets(std::string_view account) override;
  Status DeleteBucket(std::string_view bucket) override;

  Result<std::unique_ptr<Upload>> NewUpload() override;
  Result<ObjectInfo> Put(std::string_view bucket, std::string_view key,
                         std::unique_ptr<Upload> upload, const ObjectMetadata& metadata,
                         const Checksum& checksum, const Conditions& conditions) override;
  Result<ObjectInfo> Head(std::string_view bucket, std::string_view key) override;
  Result<std::unique_ptr<ObjectReader>> Get(std::string_view bucket, std::string_view key) override;
  Status Delete(std::string_view bucket, std::string_view key,
                const std::optional<std::string>& if_match) override;
  Result<std::vector<Status>> DeleteMany(std::string_view bucket,
                                         const std::vector<Deletion>& deletions) override;
  Result<ObjectInfo> Copy(std::string_view source_bucket, std::string_view source_key,
                          std::string_view bucket, std::string_view key,
                          const std::optional<ObjectMetadata>& metadata,
                          const Conditions& source_conditions,
                          const Conditions& conditions) override;
  Result<ListPage> List(std::string_view bucket, const ListRequest& request) override;

  // multipart.cc
  Result<MultipartInfo> CreateMultipart(std::string_view bucket, std::string_view key,
                                        const ObjectMetadata& metadata,
                                        std::string_view checksum_algorithm,
                                        std::string_view checksum_type) override;
  Result<MultipartInfo> GetMultipart(std::string_view bucket, std::string_view key,
                                     std::string_view upload_id) override;
  Result<PartInfo> PutPart(std::string_view bucket, std::string_view key,
                           std::string_view upload_id, int number, std::unique_ptr<Upload> upload,
                           const Checksum& checksum) override;
  Result<ObjectParts> HeadParts(std::string_view bucket, std::string_view key, int after_number,
                                int max_parts) override;
  Result<std::vector<PartInfo>> ListParts(std::string_view bucket, std::string_view key,
                                          std::string_view upload_id, int after_number,
                                          int max_parts) override;
  Result<MultipartPage> ListMultiparts(std::string_view bucket, const ListRequest& request,
                                       std::string_view after_id) override;
  Result<ObjectInfo> CompleteMultipart(std::string_view bucket, std::string_view key,
                                       std::string_view upload_id, const Completion& completion,
                                       RefusedPart* refused) override;
  Status AbortMultipart(std::string_view bucket, std::string_view key,
                        std::string_view upload_id) override;

 private:
  using Work = std::function<Status(metastore::Session&, std::vector<BlobId>* unreferenced)>;
  // One durable index transaction; afterwards the blobs that `work` left without reference are removed. `new_blob`, if
  // there is one, is removed should `work` refuse.
  Status Change(const Work& work, const std::optional<BlobId>& new_blob = {});
  template <typename T>
  Result<T> Read(const std::function<Result<T>(metastore::Session&)>& work);

  const FileLock lock_;  // one process a folder: recovery removes what this process does not know
  const DiskRoom room_;
  const Clock& clock_;
  const std::unique_ptr<BlobStore> blobs_;
  BlobPins pins_;
  const std::unique_ptr<metastore::Database> index_;
};

// kFailedPrecondition or kNotFound, if the conditions say so. A write with If-Match to a missing key is NoSuchKey.
Status CheckConditions(const Conditions& conditions, const std::optional<ObjectRow>& current,
                       std::string_view key);

template <typename T>
Result<T> IndexedObjectStore::Read(const std::function<Result<T>(metastore::Session&)>& work) {
  std::optional<T> value;
  RETURN_IF_ERROR(index_->Read([&](metastore::Session& session) -> Status {
    auto result = work(session);
    if (!result.ok()) return result.status();
    value = std::move(result).value();
    return Status::Ok();
  }));
  return *std::move(value);
}

}  // namespace sagebrush::objectstore::internal
