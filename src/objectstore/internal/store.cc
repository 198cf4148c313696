// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/store.h"

#include <unordered_set>

#include "base/hash.h"
#include "base/log.h"
#include "objectstore/internal/contents.h"
#include "objectstore/internal/list.h"
#include "objectstore/internal/pending_upload.h"
#include "objectstore/internal/reader.h"
#include "objectstore/internal/schema.h"

namespace sagebrush::objectstore {

namespace internal {

using metastore::Row;
using metastore::Session;

Status CheckConditions(const Conditions& conditions, const std::optional<ObjectRow>& current,
                       std::string_view key) {
  const auto outcome = Evaluate(conditions, current ? &current->info : nullptr, true);
  if (outcome == ConditionOutcome::kProceed) return Status::Ok();
  if (!current && conditions.if_match) return NoSuchKey(key);
  return FailedPrecondition("PreconditionFailed: a condition on '" + std::string(key) +
                            "' does not hold");
}

Status IndexedObjectStore::Change(const Work& work, const std::optional<BlobId>& new_blob) {
  std::vector<BlobId> unreferenced;
  Status refused;
  Status written = index_->Write([&](Session& session) {
    unreferenced.clear();
    return refused = work(session, &unreferenced);
  });
  // Should the commit itself have failed, nobody knows what a restart will find, so the blobs are left to Open; but a
  // full disk keeps nothing of the change, and must not be left fuller by it.
  const bool is_certain = !refused.ok() || written.code() == Code::kResourceExhausted;
  if (!written.ok() && is_certain && new_blob) pins_.Remove({*new_blob});
  if (written.ok()) pins_.Remove(unreferenced);
  return written;
}

Status IndexedObjectStore::RemoveLeftovers() {
  std::unordered_set<BlobId> referenced;
  RETURN_IF_ERROR(index_->Read([&](Session& session) -> Status {
    ASSIGN_OR_RETURN(auto blobs, ReferencedBlobs(session));
    referenced.insert(blobs.begin(), blobs.end());
    return Status::Ok();
  }));
  ASSIGN_OR_RETURN(const auto all, blobs_->List());
  std::size_t removed = 0;
  for (const auto& blob : all) {
    if (referenced.contains(blob)) continue;
    RETURN_IF_ERROR(blobs_->Remove(blob));
    ++removed;
  }
  if (removed > 0)
    LogInfo("objectstore",
            "removed " + std::to_string(removed) + " blobs that a crash left behind");
  return Status::Ok();
}

Status IndexedObjectStore::CreateBucket(const Bucket& bucket) {
  return Change([&](Session& session, std::vector<BlobId>*) -> Status {
    Status inserted =
        session
            .Execute("INSERT INTO buckets (name, account, region, created) VALUES (?, ?, ?, ?)",
                     {bucket.name, bucket.account, bucket.region, ToMillis(bucket.created)})
            .status();
    if (inserted.code() == Code::kAlreadyExists)
      return AlreadyExists("BucketExists: '" + bucket.name + "' is taken");
    return inserted;
  });
}

Result<Bucket> IndexedObjectStore::GetBucket(std::string_view bucket) {
  return Read<Bucket>([&](Session& session) { return FindBucket(session, bucket); });
}

Result<std::vector<Bucket>> IndexedObjectStore::ListBuckets(std::string_view account) {
  return Read<std::vector<Bucket>>([&](Session& session) -> Result<std::vector<Bucket>> {
    std::vector<Bucket> buckets;
    RETURN_IF_ERROR(
        session.Query("SELECT name, region, created FROM buckets WHERE account = ? ORDER BY name",
                      {std::string(account)}, [&](const Row& row) {
                        buckets.push_back({std::string(row.Text(0)), std::string(account),
                                           std::string(row.Text(1)), FromMillis(row.Int(2))});
                        return true;
                      }));
    return buckets;
  });
}

Status IndexedObjectStore::DeleteBucket(std::string_view bucket) {
  return Change([&](Session& session, std::vector<BlobId>* unreferenced) -> Status {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    bool is_empty = true;
    RETURN_IF_ERROR(session.Query("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1",
                                  {std::string(bucket)}, [&](const Row&) {
                                    is_empty = false;
                                    return false;
                                  }));
    if (!is_empty)
      return FailedPrecondition("BucketNotEmpty: '" + std::string(bucket) + "' has objects");
    // Uploads in progress do not keep a bucket alive, as on AWS.
    std::vector<std::pair<std::string, std::string>> uploads;
    RETURN_IF_ERROR(session.Query("SELECT key, id FROM uploads WHERE bucket = ?",
                                  {std::string(bucket)}, [&](const Row& row) {
                                    uploads.emplace_back(row.Text(0), row.Text(1));
                                    return true;
                                  }));
    for (const auto& [key, id] : uploads)
      RETURN_IF_ERROR(RemoveUpload(session, bucket, key, id, unreferenced));
    return session.Execute("DELETE FROM buckets WHERE name = ?", {std::string(bucket)}).status();
  });
}

Result<std::unique_ptr<Upload>> IndexedObjectStore::NewUpload() {
  return std::unique_ptr<Upload>(std::make_unique<PendingUpload>(*blobs_, room_));
}

Result<ObjectInfo> IndexedObjectStore::Put(std::string_view bucket, std::string_view key,
                                           std::unique_ptr<Upload> upload,
                                           const ObjectMetadata& metadata, const Checksum& checksum,
                                           const Conditions& conditions) {
  auto* pending = dynamic_cast<PendingUpload*>(upload.get());
  SAGEBRUSH_CHECK(pending != nullptr, "an Upload is of another store");
  ObjectRow row;
  row.info = {std::string(key),
              pending->size(),
              HexEncode(pending->Md5()),
              clock_.Now(),
              metadata,
              checksum,
              0};
  ASSIGN_OR_RETURN(const NewContent content, pending->Finish());
  RETURN_IF_ERROR(Change(
      [&](Session& session, std::vector<BlobId>* unreferenced) -> Status {
        RETURN_IF_ERROR(RequireBucket(session, bucket));
        if (conditions.if_match || conditions.if_none_match) {
          ASSIGN_OR_RETURN(const auto current, FindObject(session, bucket, key));
          RETURN_IF_ERROR(CheckConditions(conditions, current, key));
        }
        ASSIGN_OR_RETURN(row.content, InsertContent(session, content));
        return ReplaceObject(session, bucket, row, unreferenced);
      },
      content.blob));
  return row.info;
}

Result<ObjectInfo> IndexedObjectStore::Head(std::string_view bucket, std::string_view key) {
  return Read<ObjectInfo>([&](Session& session) -> Result<ObjectInfo> {
    ASSIGN_OR_RETURN(auto row, FindObject(session, bucket, key));
    if (row) return std::move(row->info);
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    return NoSuchKey(key);
  });
}

Result<std::unique_ptr<ObjectReader>> IndexedObjectStore::Get(std::string_view bucket,
                                                              std::string_view key) {
  struct Found {
    ObjectRow row;
    std::vector<Piece> pieces;
  };
  // Between reading the index and pinning its blobs the object may be overwritten and its blobs removed. Who pins and then
  // still finds the content in the index has pinned before any removal looked; else the index is read again.
  for (int attempt = 0; attempt < 100; ++attempt) {
    ASSIGN_OR_RETURN(auto found, Read<Found>([&](Session& session) -> Result<Found> {
                       ASSIGN_OR_RETURN(auto row, FindObject(session, bucket, key));
                       if (!row) {
                         RETURN_IF_ERROR(RequireBucket(session, bucket));
                         return NoSuchKey(key);
                       }
                       ASSIGN_OR_RETURN(auto pieces, LoadPieces(session, row->content));
                       return Found{*std::move(row), std::move(pieces)};
                     }));
    const std::int64_t content = found.row.content;
    const auto blobs = PieceReader::BlobsOf(found.pieces);
    pins_.Pin(blobs);
    auto reader = std::make_unique<PieceReader>(std::move(found.row.info), std::move(found.pieces),
                                                *blobs_, pins_);
    if (blobs.empty()) return std::unique_ptr<ObjectReader>(std::move(reader));
    ASSIGN_OR_RETURN(const bool is_current,
                     Read<bool>([&](Session& session) { return ContentExists(session, content); }));
    if (is_current) return std::unique_ptr<ObjectReader>(std::move(reader));
  }
  return Unavailable("'" + std::string(key) + "' is overwritten faster than it can be opened");
}

Status IndexedObjectStore::Delete(std::string_view bucket, std::string_view key,
                                  const std::optional<std::string>& if_match) {
  ASSIGN_OR_RETURN(const auto outcomes, DeleteMany(bucket, {{std::string(key), if_match}}));
  return outcomes.front();
}

Result<std::vector<Status>> IndexedObjectStore::DeleteMany(std::string_view bucket,
                                                           const std::vector<Deletion>& deletions) {
  std::vector<Status> outcomes;
  RETURN_IF_ERROR(Change([&](Session& session, std::vector<BlobId>* unreferenced) -> Status {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    for (const Deletion& deletion : deletions) {
      Status outcome;
      if (deletion.if_match) {
        ASSIGN_OR_RETURN(const auto current, FindObject(session, bucket, deletion.key));
        outcome = CheckConditions({.if_match = deletion.if_match}, current, deletion.key);
      }
      if (outcome.ok()) RETURN_IF_ERROR(RemoveObject(session, bucket, deletion.key, unreferenced));
      outcomes.push_back(std::move(outcome));
    }
    return Status::Ok();
  }));
  return outcomes;
}

Result<ObjectInfo> IndexedObjectStore::Copy(std::string_view source_bucket,
                                            std::string_view source_key, std::string_view bucket,
                                            std::string_view key,
                                            const std::optional<ObjectMetadata>& metadata,
                                            const Conditions& source_conditions,
                                            const Conditions& conditions) {
  ObjectInfo copied;
  RETURN_IF_ERROR(Change([&](Session& session, std::vector<BlobId>* unreferenced) -> Status {
    RETURN_IF_ERROR(RequireBucket(session, source_bucket));
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    ASSIGN_OR_RETURN(const auto source, FindObject(session, source_bucket, source_key));
    if (!source) return NoSuchKey(source_key);
    RETURN_IF_ERROR(CheckConditions(source_conditions, source, source_key));
    if (conditions.if_match || conditions.if_none_match) {
      ASSIGN_OR_RETURN(const auto current, FindObject(session, bucket, key));
      RETURN_IF_ERROR(CheckConditions(conditions, current, key));
    }
    ObjectRow target = *source;
    target.info.key = key;
    target.info.modified = clock_.Now();
    target.upload_id.clear();
    if (metadata) target.info.metadata = *metadata;
    RETURN_IF_ERROR(AddReference(
        session, target.content));  // before the target's old content goes, which may be the same
    copied = target.info;
    return ReplaceObject(session, bucket, target, unreferenced);
  }));
  return copied;
}

Result<ListPage> IndexedObjectStore::List(std::string_view bucket, const ListRequest& request) {
  return Read<ListPage>([&](Session& session) { return ListObjects(session, bucket, request); });
}

}  // namespace internal

namespace {

// Before anything under blobs/ is removed, no other process may be at work there.
Result<FileLock> Lock(const std::filesystem::path& folder) {
  RETURN_IF_ERROR(MakeFoldersDurably(folder, 0700));
  return FileLock::Acquire(folder / "lock");
}

Result<std::unique_ptr<ObjectStore>> OpenLocked(const std::filesystem::path& folder,
                                                const Clock& clock, FileLock lock,
                                                std::unique_ptr<BlobStore> blobs) {
  ASSIGN_OR_RETURN(auto index,
                   metastore::Database::Open(folder / "index.db", internal::kIndexMigrations));
  auto store = std::make_unique<internal::IndexedObjectStore>(folder, std::move(lock), clock,
                                                              std::move(index), std::move(blobs));
  RETURN_IF_ERROR(store->RemoveLeftovers());
  return std::unique_ptr<ObjectStore>(std::move(store));
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> ObjectStore::Open(const std::filesystem::path& folder,
                                                       const Clock& clock) {
  ASSIGN_OR_RETURN(auto lock, Lock(folder));
  ASSIGN_OR_RETURN(auto blobs, OpenFileBlobStore(folder / "blobs"));
  return OpenLocked(folder, clock, std::move(lock), std::move(blobs));
}

Result<std::unique_ptr<ObjectStore>> ObjectStore::Open(const std::filesystem::path& folder,
                                                       const Clock& clock,
                                                       std::unique_ptr<BlobStore> blobs) {
  ASSIGN_OR_RETURN(auto lock, Lock(folder));
  return OpenLocked(folder, clock, std::move(lock), std::move(blobs));
}

}  // namespace sagebrush::objectstore
