// SPDX-License-Identifier: Apache-2.0
// Multipart uploads. Completing one hands its parts' contents over to a content made of pieces: rows move, bytes do not.
// Source of the rules: Amazon S3 API Reference, CompleteMultipartUpload; User Guide, "Amazon S3 multipart upload limits".
#include <algorithm>
#include <cstdio>

#include "base/hash.h"
#include "base/id.h"
#include "base/strings.h"
#include "objectstore/checksum.h"
#include "objectstore/internal/contents.h"
#include "objectstore/internal/list.h"
#include "objectstore/internal/pending_upload.h"
#include "objectstore/internal/store.h"

namespace sagebrush::objectstore::internal {

namespace {

using metastore::Row;
using metastore::Session;

// 40 characters that sort by when the upload was initiated, as S3's do: a list pages by them.
std::string NewUploadId(TimePoint now) {
  char milliseconds[12];
  std::snprintf(milliseconds, sizeof milliseconds, "%011llx",
                static_cast<unsigned long long>(ToMillis(now)));
  return milliseconds + NewId(29);
}

// An upload whose checksum nobody chose knows none of its parts', and one of composite checksums needs all of them again.
Status CheckPartChecksum(const MultipartInfo& upload, const CompletedPart& part,
                         const PartRow& row) {
  const std::string number = std::to_string(part.number);
  if (part.checksum.value.empty()) {
    if (upload.checksum_type != "COMPOSITE") return Status::Ok();
    return InvalidArgument("InvalidRequest: The upload was created using a " +
                           ToLower(upload.checksum_algorithm) +
                           " checksum. The complete request must include the checksum for each "
                           "part. It was missing for part " +
                           number + " in the request.");
  }
  if (!upload.checksum_algorithm.empty() && part.checksum.algorithm != upload.checksum_algorithm)
    return InvalidArgument("BadDigest: The " + ToLower(part.checksum.algorithm) +
                           " you specified for part " + number +
                           " did not match what we received.");
  if (upload.checksum_algorithm.empty() || row.info.checksum.value != part.checksum.value)
    return InvalidArgument("InvalidPart: part " + number + " has another checksum");
  return Status::Ok();
}

// The rows of the parts the caller lists, checked.
Result<std::vector<PartRow>> ListedParts(Session& session, const MultipartInfo& upload,
                                         const std::vector<CompletedPart>& listed,
                                         RefusedPart* refused) {
  if (listed.empty())
    return InvalidArgument("InvalidPart: an upload is completed with at least one part");
  for (std::size_t i = 1; i < listed.size(); ++i)
    if (listed[i].number <= listed[i - 1].number)
      return InvalidArgument("InvalidPartOrder: part " + std::to_string(listed[i].number) +
                             " does not come after part " + std::to_string(listed[i - 1].number));
  std::vector<PartRow> rows;
  for (const CompletedPart& part : listed) {
    ASSIGN_OR_RETURN(auto row, FindPart(session, upload.upload_id, part.number));
    *refused = {part.number, part.etag, row ? row->info.size : 0};
    if (!row || row->info.etag != part.etag)
      return InvalidArgument("InvalidPart: part " + std::to_string(part.number) +
                             " was not uploaded with that ETag");
    RETURN_IF_ERROR(CheckPartChecksum(upload, part, *row));
    rows.push_back(*std::move(row));
  }
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    const PartInfo& part = rows[i].info;
    if (part.size >= kMinPartSize) continue;
    *refused = {part.number, part.etag, part.size};
    return InvalidArgument("EntityTooSmall: part " + std::to_string(part.number) + " has " +
                           std::to_string(part.size) + " bytes");
  }
  *refused = {};
  return rows;
}

Result<std::string> CombinedEtag(const std::vector<PartRow>& parts) {
  std::string digests;
  for (const PartRow& part : parts) {
    ASSIGN_OR_RETURN(const std::string digest, HexDecode(part.info.etag));
    digests += digest;
  }
  return HexEncode(Md5(digests)) + "-" + std::to_string(parts.size());
}

Result<Checksum> CombinedChecksum(const MultipartInfo& upload, const std::vector<PartRow>& parts) {
  const bool is_chosen = !upload.checksum_algorithm.empty();
  Checksum checksum{upload.checksum_algorithm, "", upload.checksum_type};
  if (!is_chosen) checksum = {std::string(kDefaultChecksum), "", "FULL_OBJECT"};
  std::vector<ChecksumOfPart> checksums;
  for (const PartRow& part : parts) {
    if (part.info.checksum.algorithm != checksum.algorithm && !is_chosen) return Checksum{};
    if (part.info.checksum.algorithm != checksum.algorithm)
      return InvalidArgument("InvalidPart: part " + std::to_string(part.info.number) + " has no " +
                             upload.checksum_algorithm);
    ASSIGN_OR_RETURN(auto raw, Base64Decode(part.info.checksum.value));
    checksums.push_back({std::move(raw), part.info.size});
  }
  if (checksum.type == "FULL_OBJECT") {
    ASSIGN_OR_RETURN(checksum.value, FullObjectChecksum(checksum.algorithm, checksums));
  } else {
    ASSIGN_OR_RETURN(checksum.value, CompositeChecksum(checksum.algorithm, checksums));
  }
  return checksum;
}

}  // namespace

Result<MultipartInfo> IndexedObjectStore::CreateMultipart(std::string_view bucket,
                                                          std::string_view key,
                                                          const ObjectMetadata& metadata,
                                                          std::string_view checksum_algorithm,
                                                          std::string_view checksum_type) {
  const TimePoint now = clock_.Now();
  const MultipartInfo info{
      std::string(key),          NewUploadId(now), now, metadata, std::string(checksum_algorithm),
      std::string(checksum_type)};
  RETURN_IF_ERROR(Change([&](Session& session, std::vector<BlobId>*) -> Status {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    return session
        .Execute(
            "INSERT INTO uploads (bucket, key, id, initiated, checksum_algorithm, checksum_type, "
            "metadata) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            {std::string(bucket), info.key, info.upload_id, ToMillis(info.initiated),
             info.checksum_algorithm, info.checksum_type, EncodeMetadata(metadata)})
        .status();
  }));
  return info;
}

Result<MultipartInfo> IndexedObjectStore::GetMultipart(std::string_view bucket,
                                                       std::string_view key,
                                                       std::string_view upload_id) {
  return Read<MultipartInfo>([&](Session& session) -> Result<MultipartInfo> {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    return FindUpload(session, bucket, key, upload_id);
  });
}

Result<PartInfo> IndexedObjectStore::PutPart(std::string_view bucket, std::string_view key,
                                             std::string_view upload_id, int number,
                                             std::unique_ptr<Upload> upload,
                                             const Checksum& checksum) {
  auto* pending = dynamic_cast<PendingUpload*>(upload.get());
  SAGEBRUSH_CHECK(pending != nullptr, "an Upload is of another store");
  PartRow row;
  row.info = {number, pending->size(), HexEncode(pending->Md5()), clock_.Now(), checksum};
  ASSIGN_OR_RETURN(const NewContent content, pending->Finish());
  RETURN_IF_ERROR(Change(
      [&](Session& session, std::vector<BlobId>* unreferenced) -> Status {
        RETURN_IF_ERROR(RequireBucket(session, bucket));
        RETURN_IF_ERROR(FindUpload(session, bucket, key, upload_id).status());
        ASSIGN_OR_RETURN(row.content, InsertContent(session, content));
        return PutPartRow(session, upload_id, row, unreferenced);
      },
      content.blob));
  return row.info;
}

Result<std::vector<PartInfo>> IndexedObjectStore::ListParts(std::string_view bucket,
                                                            std::string_view key,
                                                            std::string_view upload_id,
                                                            int after_number, int max_parts) {
  return Read<std::vector<PartInfo>>([&](Session& session) -> Result<std::vector<PartInfo>> {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    RETURN_IF_ERROR(FindUpload(session, bucket, key, upload_id).status());
    ASSIGN_OR_RETURN(const auto rows, FindParts(session, upload_id, after_number, max_parts));
    std::vector<PartInfo> parts;
    parts.reserve(rows.size());
    for (const PartRow& row : rows) parts.push_back(row.info);
    return parts;
  });
}

Result<ObjectParts> IndexedObjectStore::HeadParts(std::string_view bucket, std::string_view key,
                                                  int after_number, int max_parts) {
  return Read<ObjectParts>([&](Session& session) -> Result<ObjectParts> {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    ASSIGN_OR_RETURN(auto object, FindObject(session, bucket, key));
    if (!object) return NoSuchKey(key);
    ObjectParts found{std::move(object->info), {}};
    const std::string& algorithm = found.info.checksum.algorithm;
    RETURN_IF_ERROR(
        session.Query("SELECT number, size, checksum FROM pieces WHERE content = ? AND number > ? "
                      "ORDER BY number LIMIT ?",
                      {object->content, std::int64_t{after_number}, std::int64_t{max_parts}},
                      [&](const Row& row) {
                        PartInfo& part = found.parts.emplace_back();
                        part.number = static_cast<int>(row.Int(0));
                        part.size = static_cast<std::uint64_t>(row.Int(1));
                        if (!row.Text(2).empty())
                          part.checksum = {algorithm, std::string(row.Text(2)), ""};
                        return true;
                      }));
    return found;
  });
}

Result<MultipartPage> IndexedObjectStore::ListMultiparts(std::string_view bucket,
                                                         const ListRequest& request,
                                                         std::string_view after_id) {
  return Read<MultipartPage>(
      [&](Session& session) { return ListUploads(session, bucket, request, after_id); });
}

Result<ObjectInfo> IndexedObjectStore::CompleteMultipart(std::string_view bucket,
                                                         std::string_view key,
                                                         std::string_view upload_id,
                                                         const Completion& completion,
                                                         RefusedPart* refused) {
  ObjectRow object;
  RefusedPart nobody_asks;
  RETURN_IF_ERROR(Change([&](Session& session, std::vector<BlobId>* unreferenced) -> Status {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    ASSIGN_OR_RETURN(const auto current, FindObject(session, bucket, key));
    const auto upload = FindUpload(session, bucket, key, upload_id);
    if (upload.status().code() == Code::kNotFound && current && current->upload_id == upload_id) {
      object = *current;
      return Status::Ok();
    }
    RETURN_IF_ERROR(upload.status());
    ASSIGN_OR_RETURN(const auto rows, ListedParts(session, *upload, completion.parts,
                                                  refused == nullptr ? &nobody_asks : refused));
    RETURN_IF_ERROR(CheckConditions(completion.conditions, current, key));
    if (completion.conditions.if_match && current->info.modified > upload->initiated)
      return FailedPrecondition("ConditionalRequestConflict: '" + std::string(key) +
                                "' was replaced since the upload began");

    object = {};
    object.info.key = key;
    object.info.modified = clock_.Now();
    object.info.metadata = upload->metadata;
    object.info.part_count = static_cast<int>(rows.size());
    object.upload_id = upload_id;
    ASSIGN_OR_RETURN(object.info.etag, CombinedEtag(rows));
    ASSIGN_OR_RETURN(object.info.checksum, CombinedChecksum(*upload, rows));
    if (!completion.checksum.empty() && object.info.checksum.value != completion.checksum)
      return InvalidArgument("BadDigest: The " + ToLower(object.info.checksum.algorithm) +
                             " you specified did not match the calculated checksum.");

    std::vector<Piece> pieces;
    for (const PartRow& row : rows) {
      pieces.push_back(
          {.number = row.info.number,
           .size = row.info.size,
           .content = row.content,
           .checksum = upload->checksum_algorithm.empty() ? "" : row.info.checksum.value,
           .blob = {},
           .data = {}});
      object.info.size += row.info.size;
      // Its reference is the piece's from here on.
      RETURN_IF_ERROR(session
                          .Execute("DELETE FROM parts WHERE upload = ? AND number = ?",
                                   {std::string(upload_id), std::int64_t{row.info.number}})
                          .status());
    }
    if (completion.size && *completion.size != object.info.size)
      return InvalidArgument(
          "InvalidRequest: The provided 'x-amz-mp-object-size' header value " +
          std::to_string(*completion.size) +
          " does not match what was computed: " + std::to_string(object.info.size));
    ASSIGN_OR_RETURN(object.content, InsertPieces(session, object.info.size, pieces));
    RETURN_IF_ERROR(RemoveUpload(session, bucket, key, upload_id, unreferenced));
    return ReplaceObject(session, bucket, object, unreferenced);
  }));
  return object.info;
}

Status IndexedObjectStore::AbortMultipart(std::string_view bucket, std::string_view key,
                                          std::string_view upload_id) {
  return Change([&](Session& session, std::vector<BlobId>* unreferenced) -> Status {
    RETURN_IF_ERROR(RequireBucket(session, bucket));
    RETURN_IF_ERROR(FindUpload(session, bucket, key, upload_id).status());
    return RemoveUpload(session, bucket, key, upload_id, unreferenced);
  });
}

}  // namespace sagebrush::objectstore::internal
