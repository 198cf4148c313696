// SPDX-License-Identifier: Apache-2.0
// Buckets, objects and multipart uploads over one ordered index and a BlobStore. It speaks no HTTP, no XML and no AWS
// errors; services/s3 does. A mutating call that returned OK is durable. Any thread may call; calls block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace sagebrush::objectstore {

class BlobStore;

struct Bucket {
  std::string name;
  std::string account;
  std::string region;
  TimePoint created{};
};

struct Checksum {
  std::string algorithm;  // "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"; "" if none is kept
  std::string value;      // base64; composite ones end in "-N"
  std::string type;       // "FULL_OBJECT" or "COMPOSITE"
};

// What the caller says of an object; kept and given back as it is.
struct ObjectMetadata {
  std::string content_type = "binary/octet-stream";
  std::string content_encoding, content_disposition, content_language, cache_control, expires;
  std::string storage_class = "STANDARD";
  std::map<std::string, std::string> user;  // x-amz-meta-*, names in lower case without the prefix
};

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::string etag;  // hex MD5, or hex-N for a multipart one; no quotes
  TimePoint modified{};
  ObjectMetadata metadata;
  Checksum checksum;
  int part_count = 0;  // 0: not multipart
};

// Conditions of one write or read, as S3's If-* headers say. Etags without quotes; "*" is any.
struct Conditions {
  std::optional<std::string> if_match = {}, if_none_match = {};
  std::optional<TimePoint> if_modified_since = {}, if_unmodified_since = {};
};
enum class ConditionOutcome { kProceed, kNotModified, kPreconditionFailed };
// S3's order: If-Match beats If-Unmodified-Since; If-None-Match beats If-Modified-Since. `object` null: there is none.
ConditionOutcome Evaluate(const Conditions& conditions, const ObjectInfo* object, bool is_write);

// Receives one object's or part's bytes. Destroying it uncommitted leaves nothing behind.
class Upload {
 public:
  virtual ~Upload() = default;
  // After the first failure all later calls fail alike.
  virtual Status Append(std::string_view data) = 0;
  virtual std::uint64_t size() const = 0;
  virtual std::string Md5() = 0;  // raw, of everything appended; nothing can be appended afterwards
};

// An object's bytes as of when it was opened, whatever is written to the key later. Belongs to one thread at a time, and
// must be gone before the store is.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual const ObjectInfo& info() const = 0;
  virtual Result<std::size_t> Read(std::uint64_t offset, char* data, std::size_t size) = 0;
  // If the whole range lies in one file: that file and where in it, for sendfile. Borrowed until the next call on the reader.
  struct FileRange {
    int fd;
    std::uint64_t offset;
  };
  virtual std::optional<FileRange> File(std::uint64_t offset, std::uint64_t length) = 0;
  // How much of the range starting at `offset` lies in one piece (a file, or memory), at most `length`.
  virtual std::uint64_t ContiguousLength(std::uint64_t offset, std::uint64_t length) = 0;
  // Where the part of that number lies. An object that was not uploaded in parts is its own part 1.
  struct PartRange {
    std::uint64_t offset, length;
    Checksum checksum = {};  // of the part's bytes, with the object's type; none if none is kept
  };
  virtual std::optional<PartRange> Part(int number) = 0;
};

struct ListRequest {
  std::string prefix, delimiter;
  std::string start_after;  // exclusive; a common prefix given here skips all under it
  int max_keys = 1000;
};
struct ListPage {
  // Together at most max_keys, each in key order; objects come without user metadata.
  std::vector<ObjectInfo> objects;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last;  // the last key or common prefix given: start_after of the next page
};

struct PartInfo {
  int number = 0;
  std::uint64_t size = 0;
  std::string etag;
  TimePoint modified{};
  Checksum checksum;
};
struct ObjectParts {
  ObjectInfo info;
  std::vector<PartInfo> parts;  // by number; without ETags and times, which are not kept
};
struct MultipartInfo {
  std::string key, upload_id;
  TimePoint initiated{};
  ObjectMetadata metadata;
  std::string checksum_algorithm, checksum_type;  // "" if whoever began it did not choose
};
struct MultipartPage {
  // Together at most max_keys, each in order: by key, those of one key by when they were initiated.
  std::vector<MultipartInfo> uploads;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last,
      last_id;  // start_after and after_id of the next page; no id after a common prefix
};
struct CompletedPart {
  int number;
  std::string etag;
  Checksum checksum = {};  // without a type; none if the caller did not say
};
// What an upload is completed with.
struct Completion {
  std::vector<CompletedPart> parts;
  Conditions conditions = {};
  std::string checksum = {};               // of the whole object, "" if the caller did not say
  std::optional<std::uint64_t> size = {};  // of the whole object, if the caller said
};
// The part for which a completion was refused, as far as it is one's fault.
struct RefusedPart {
  int number = 0;          // 0: no single one's
  std::string etag;        // as the caller said
  std::uint64_t size = 0;  // as uploaded
};
inline constexpr std::uint64_t kMinPartSize = 5 << 20;  // of every part but the last

// One key to delete, if what it has is still what the caller saw.
struct Deletion {
  std::string key;
  std::optional<std::string> if_match = {};  // an ETag without quotes; "*": the key must exist
};

// Errors of the engine carry one of these words at the front of the message, so that services/s3 can name AWS's code:
// kNotFound "NoSuchBucket" / "NoSuchKey" / "NoSuchUpload"; kAlreadyExists "BucketExists"; kFailedPrecondition
// "BucketNotEmpty" / "PreconditionFailed" / "ConditionalRequestConflict"; kInvalidArgument "InvalidPart" / "InvalidPartOrder" /
// "EntityTooSmall" / "BadDigest" / "InvalidRequest".
class ObjectStore {
 public:
  // Keeps index.db and blobs/ under `folder`; removes what a crash left half done.
  static Result<std::unique_ptr<ObjectStore>> Open(const std::filesystem::path& folder,
                                                   const Clock& clock);
  // The same over any blob store; only the index lies under `folder`.
  static Result<std::unique_ptr<ObjectStore>> Open(const std::filesystem::path& folder,
                                                   const Clock& clock,
                                                   std::unique_ptr<BlobStore> blobs);
  virtual ~ObjectStore() = default;

  virtual Status CreateBucket(const Bucket& bucket) = 0;
  virtual Result<Bucket> GetBucket(std::string_view bucket) = 0;
  virtual Result<std::vector<Bucket>> ListBuckets(std::string_view account) = 0;
  virtual Status DeleteBucket(std::string_view bucket) = 0;

  virtual Result<std::unique_ptr<Upload>> NewUpload() = 0;
  // Replaces the key in one step once all bytes are durable.
  virtual Result<ObjectInfo> Put(std::string_view bucket, std::string_view key,
                                 std::unique_ptr<Upload> upload, const ObjectMetadata& metadata,
                                 const Checksum& checksum, const Conditions& conditions) = 0;
  virtual Result<ObjectInfo> Head(std::string_view bucket, std::string_view key) = 0;
  // With at most `max_parts` of its parts after that number; none if it was not uploaded in parts.
  virtual Result<ObjectParts> HeadParts(std::string_view bucket, std::string_view key,
                                        int after_number, int max_parts) = 0;
  virtual Result<std::unique_ptr<ObjectReader>> Get(std::string_view bucket,
                                                    std::string_view key) = 0;
  // A missing key is fine without a condition, and NoSuchKey with one. Condition and deletion are one step.
  virtual Status Delete(std::string_view bucket, std::string_view key,
                        const std::optional<std::string>& if_match = {}) = 0;
  // One durable step for all of them whose condition holds. What became of each, in their order: OK, NoSuchKey or
  // PreconditionFailed. The bucket must exist.
  virtual Result<std::vector<Status>> DeleteMany(std::string_view bucket,
                                                 const std::vector<Deletion>& deletions) = 0;
  // A new name for the same bytes: nothing is read or written but the index. `metadata` absent: the source's.
  virtual Result<ObjectInfo> Copy(std::string_view source_bucket, std::string_view source_key,
                                  std::string_view bucket, std::string_view key,
                                  const std::optional<ObjectMetadata>& metadata,
                                  const Conditions& source_conditions,
                                  const Conditions& conditions = {}) = 0;
  virtual Result<ListPage> List(std::string_view bucket, const ListRequest& request) = 0;

  virtual Result<MultipartInfo> CreateMultipart(std::string_view bucket, std::string_view key,
                                                const ObjectMetadata& metadata,
                                                std::string_view checksum_algorithm,
                                                std::string_view checksum_type) = 0;
  virtual Result<MultipartInfo> GetMultipart(std::string_view bucket, std::string_view key,
                                             std::string_view upload_id) = 0;
  virtual Result<PartInfo> PutPart(std::string_view bucket, std::string_view key,
                                   std::string_view upload_id, int number,
                                   std::unique_ptr<Upload> upload, const Checksum& checksum) = 0;
  virtual Result<std::vector<PartInfo>> ListParts(std::string_view bucket, std::string_view key,
                                                  std::string_view upload_id, int after_number,
                                                  int max_parts) = 0;
  // `after_id`, if there is one: of the uploads of `start_after` itself, those after that one come too.
  virtual Result<MultipartPage> ListMultiparts(std::string_view bucket, const ListRequest& request,
                                               std::string_view after_id = "") = 0;
  // A record, never a copy of bytes. Completing again what is now the object gives the same answer (clients repeat it when
  // they lost the first one). `refused`, if it is there, is told the part that InvalidPart or EntityTooSmall is about. An
  // upload for which no checksum was chosen gets a CRC64NVME, if all its parts came with one. A condition on an object that was
  // replaced since the upload began is "ConditionalRequestConflict".
  virtual Result<ObjectInfo> CompleteMultipart(std::string_view bucket, std::string_view key,
                                               std::string_view upload_id,
                                               const Completion& completion,
                                               RefusedPart* refused = nullptr) = 0;
  virtual Status AbortMultipart(std::string_view bucket, std::string_view key,
                                std::string_view upload_id) = 0;
};

}  // namespace sagebrush::objectstore
