// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/rows.h"

#include "base/json.h"
#include "objectstore/internal/contents.h"

namespace sagebrush::objectstore::internal {

namespace {

using metastore::Row;
using metastore::Session;
using metastore::Value;

struct Field {
  std::string_view name;
  std::string ObjectMetadata::*member;
};
constexpr Field kFields[] = {
    {"ContentType", &ObjectMetadata::content_type},
    {"ContentEncoding", &ObjectMetadata::content_encoding},
    {"ContentDisposition", &ObjectMetadata::content_disposition},
    {"ContentLanguage", &ObjectMetadata::content_language},
    {"CacheControl", &ObjectMetadata::cache_control},
    {"Expires", &ObjectMetadata::expires},
    {"StorageClass", &ObjectMetadata::storage_class},
};

Value Text(std::string_view text) { return std::string(text); }
Value Number(std::uint64_t number) { return static_cast<std::int64_t>(number); }

}  // namespace

std::string EncodeMetadata(const ObjectMetadata& metadata) {
  const ObjectMetadata defaults;
  Json json = Json::Object();
  for (const Field& field : kFields)
    if (metadata.*field.member != defaults.*field.member) json[field.name] = metadata.*field.member;
  if (!metadata.user.empty()) {
    Json user = Json::Object();
    for (const auto& [name, value] : metadata.user) user[name] = value;
    json["Metadata"] = std::move(user);
  }
  return json.size() == 0 && json.AsObject().empty() ? std::string() : json.Dump();
}

ObjectMetadata DecodeMetadata(std::string_view text) {
  ObjectMetadata metadata;
  if (text.empty()) return metadata;
  const auto json = Json::Parse(text);
  if (!json.ok()) return metadata;  // only EncodeMetadata writes here
  for (const Field& field : kFields)
    if (const Json* value = json->Find(field.name); value != nullptr && value->is_string())
      metadata.*field.member = value->AsString();
  if (const Json* user = json->Find("Metadata"); user != nullptr && user->is_object())
    for (const auto& [name, value] : user->AsObject())
      if (value.is_string()) metadata.user[name] = value.AsString();
  return metadata;
}

Status NoSuchBucket(std::string_view bucket) {
  return NotFound("NoSuchBucket: no bucket '" + std::string(bucket) + "'");
}
Status NoSuchKey(std::string_view key) {
  return NotFound("NoSuchKey: no object '" + std::string(key) + "'");
}
Status NoSuchUpload(std::string_view id) {
  return NotFound("NoSuchUpload: no multipart upload '" + std::string(id) + "'");
}

Result<Bucket> FindBucket(Session& session, std::string_view bucket) {
  std::optional<Bucket> found;
  RETURN_IF_ERROR(session.Query("SELECT account, region, created FROM buckets WHERE name = ?",
                                {Text(bucket)}, [&](const Row& row) {
                                  found = Bucket{std::string(bucket), std::string(row.Text(0)),
                                                 std::string(row.Text(1)), FromMillis(row.Int(2))};
                                  return false;
                                }));
  if (!found) return NoSuchBucket(bucket);
  return *std::move(found);
}

Status RequireBucket(Session& session, std::string_view bucket) {
  return FindBucket(session, bucket).status();
}

Result<std::optional<ObjectRow>> FindObject(Session& session, std::string_view bucket,
                                            std::string_view key) {
  std::optional<ObjectRow> found;
  RETURN_IF_ERROR(
      session.Query("SELECT size, etag, modified, checksum_algorithm, checksum_type, part_count, "
                    "content, checksum, upload_id, metadata "
                    "FROM objects WHERE bucket = ? AND key = ?",
                    {Text(bucket), Text(key)}, [&](const Row& row) {
                      ObjectRow& object = found.emplace();
                      object.info.key = key;
                      object.info.size = static_cast<std::uint64_t>(row.Int(0));
                      object.info.etag = row.Text(1);
                      object.info.modified = FromMillis(row.Int(2));
                      object.info.checksum = {std::string(row.Text(3)), std::string(row.Text(7)),
                                              std::string(row.Text(4))};
                      object.info.part_count = static_cast<int>(row.Int(5));
                      object.info.metadata = DecodeMetadata(row.Text(9));
                      object.content = row.Int(6);
                      object.upload_id = row.Text(8);
                      return false;
                    }));
  return found;
}

Status ReplaceObject(Session& session, std::string_view bucket, const ObjectRow& row,
                     std::vector<BlobId>* unreferenced) {
  RETURN_IF_ERROR(RemoveObject(session, bucket, row.info.key, unreferenced));
  const ObjectInfo& info = row.info;
  return session
      .Execute(
          "INSERT INTO objects (bucket, key, size, etag, modified, storage_class, "
          "checksum_algorithm, checksum_type, "
          "part_count, content, checksum, upload_id, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
          "?, ?, ?, ?)",
          {Text(bucket), info.key, Number(info.size), info.etag, ToMillis(info.modified),
           info.metadata.storage_class, info.checksum.algorithm, info.checksum.type,
           std::int64_t{info.part_count}, row.content, info.checksum.value, row.upload_id,
           EncodeMetadata(info.metadata)})
      .status();
}

Status RemoveObject(Session& session, std::string_view bucket, std::string_view key,
                    std::vector<BlobId>* unreferenced) {
  std::optional<std::int64_t> content;
  RETURN_IF_ERROR(session.Query("SELECT content FROM objects WHERE bucket = ? AND key = ?",
                                {Text(bucket), Text(key)}, [&](const Row& row) {
                                  content = row.Int(0);
                                  return false;
                                }));
  if (!content) return Status::Ok();
  RETURN_IF_ERROR(DropReference(session, *content, unreferenced));
  return session
      .Execute("DELETE FROM objects WHERE bucket = ? AND key = ?", {Text(bucket), Text(key)})
      .status();
}

Result<MultipartInfo> FindUpload(Session& session, std::string_view bucket, std::string_view key,
                                 std::string_view upload_id) {
  std::optional<MultipartInfo> found;
  RETURN_IF_ERROR(
      session.Query("SELECT initiated, checksum_algorithm, checksum_type, metadata FROM uploads "
                    "WHERE bucket = ? AND key = ? AND id = ?",
                    {Text(bucket), Text(key), Text(upload_id)}, [&](const Row& row) {
                      found = MultipartInfo{std::string(key),         std::string(upload_id),
                                            FromMillis(row.Int(0)),   DecodeMetadata(row.Text(3)),
                                            std::string(row.Text(1)), std::string(row.Text(2))};
                      return false;
                    }));
  if (!found) return NoSuchUpload(upload_id);
  return *std::move(found);
}

namespace {

PartRow PartOf(const Row& row, std::string_view checksum_type) {
  PartRow part;
  part.info.number = static_cast<int>(row.Int(0));
  part.info.size = static_cast<std::uint64_t>(row.Int(1));
  part.info.etag = row.Text(2);
  part.info.modified = FromMillis(row.Int(3));
  part.info.checksum = {std::string(row.Text(5)), std::string(row.Text(6)),
                        std::string(checksum_type)};
  part.content = row.Int(4);
  return part;
}

}  // namespace

Result<std::optional<PartRow>> FindPart(Session& session, std::string_view upload_id, int number) {
  ASSIGN_OR_RETURN(auto parts, FindParts(session, upload_id, number - 1, 1));
  if (parts.empty() || parts.front().info.number != number) return std::optional<PartRow>();
  return std::optional<PartRow>(std::move(parts.front()));
}

Result<std::vector<PartRow>> FindParts(Session& session, std::string_view upload_id, int after,
                                       int limit) {
  std::vector<PartRow> parts;
  RETURN_IF_ERROR(session.Query(
      "SELECT number, size, etag, modified, content, checksum_algorithm, checksum FROM parts "
      "WHERE upload = ? AND number > ? ORDER BY number LIMIT ?",
      {Text(upload_id), std::int64_t{after}, std::int64_t{limit}}, [&](const Row& row) {
        parts.push_back(PartOf(row, row.Text(5).empty() ? "" : "FULL_OBJECT"));
        return true;
      }));
  return parts;
}

Status PutPartRow(Session& session, std::string_view upload_id, const PartRow& row,
                  std::vector<BlobId>* unreferenced) {
  ASSIGN_OR_RETURN(const auto old, FindPart(session, upload_id, row.info.number));
  if (old) RETURN_IF_ERROR(DropReference(session, old->content, unreferenced));
  const PartInfo& info = row.info;
  return session
      .Execute(
          "INSERT OR REPLACE INTO parts (upload, number, size, etag, modified, content, "
          "checksum_algorithm, checksum) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          {Text(upload_id), std::int64_t{info.number}, Number(info.size), info.etag,
           ToMillis(info.modified), row.content, info.checksum.algorithm, info.checksum.value})
      .status();
}

Status RemoveUpload(Session& session, std::string_view bucket, std::string_view key,
                    std::string_view upload_id, std::vector<BlobId>* unreferenced) {
  std::vector<std::int64_t> contents;
  RETURN_IF_ERROR(session.Query("SELECT content FROM parts WHERE upload = ?", {Text(upload_id)},
                                [&](const Row& row) {
                                  contents.push_back(row.Int(0));
                                  return true;
                                }));
  for (const std::int64_t content : contents)
    RETURN_IF_ERROR(DropReference(session, content, unreferenced));
  RETURN_IF_ERROR(
      session.Execute("DELETE FROM parts WHERE upload = ?", {Text(upload_id)}).status());
  return session
      .Execute("DELETE FROM uploads WHERE bucket = ? AND key = ? AND id = ?",
               {Text(bucket), Text(key), Text(upload_id)})
      .status();
}

}  // namespace sagebrush::objectstore::internal
