// SPDX-License-Identifier: Apache-2.0
// Rows of the index as values: buckets, objects, multipart uploads and parts, and the text form of an object's metadata.
// Functions run inside a metastore session.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metastore/database.h"
#include "objectstore/blob_store.h"
#include "objectstore/object_store.h"

namespace sagebrush::objectstore::internal {

// {"ContentType": "text/csv", "Metadata": {"k": "v"}}: only what differs from the default.
std::string EncodeMetadata(const ObjectMetadata& metadata);
ObjectMetadata DecodeMetadata(std::string_view text);

struct ObjectRow {
  ObjectInfo info;
  std::int64_t content = 0;
  std::string upload_id;  // of the multipart upload that made it, if one did
};

struct PartRow {
  PartInfo info;
  std::int64_t content = 0;
};

Status NoSuchBucket(std::string_view bucket);
Status NoSuchKey(std::string_view key);
Status NoSuchUpload(std::string_view upload_id);

Result<Bucket> FindBucket(metastore::Session& session,
                          std::string_view bucket);  // kNotFound NoSuchBucket
Status RequireBucket(metastore::Session& session, std::string_view bucket);

Result<std::optional<ObjectRow>> FindObject(metastore::Session& session, std::string_view bucket,
                                            std::string_view key);
// Puts the row in the place of what the key had, whose content loses its reference.
Status ReplaceObject(metastore::Session& session, std::string_view bucket, const ObjectRow& row,
                     std::vector<BlobId>* unreferenced);
Status RemoveObject(metastore::Session& session, std::string_view bucket, std::string_view key,
                    std::vector<BlobId>* unreferenced);

Result<MultipartInfo> FindUpload(metastore::Session& session, std::string_view bucket,
                                 std::string_view key,
                                 std::string_view upload_id);  // kNotFound NoSuchUpload
Result<std::optional<PartRow>> FindPart(metastore::Session& session, std::string_view upload_id,
                                        int number);
Result<std::vector<PartRow>> FindParts(metastore::Session& session, std::string_view upload_id,
                                       int after, int limit);
Status PutPartRow(metastore::Session& session, std::string_view upload_id, const PartRow& row,
                  std::vector<BlobId>* unreferenced);
// The upload and its parts, whose contents lose their reference.
Status RemoveUpload(metastore::Session& session, std::string_view bucket, std::string_view key,
                    std::string_view upload_id, std::vector<BlobId>* unreferenced);

}  // namespace sagebrush::objectstore::internal
