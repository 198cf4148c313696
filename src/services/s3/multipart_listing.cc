// SPDX-License-Identifier: Apache-2.0
#include "services/s3/multipart_listing.h"

#include "services/s3/errors.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

aws::Outcome<Json> ListParts(objectstore::ObjectStore& store, const RequestContext& context,
                             const Json& input) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  ASSIGN_OR_RETURN(const int max_parts, PageSizeOf(input, "MaxParts", "max-parts"));
  ASSIGN_OR_RETURN(const int marker, PartNumberMarkerOf(input));
  ASSIGN_OR_RETURN(const auto upload,
                   Told(store.GetMultipart(bucket.name, subject.key, subject.upload_id), subject));
  ASSIGN_OR_RETURN(auto parts, Told(store.ListParts(bucket.name, subject.key, subject.upload_id,
                                                    marker, max_parts + 1),
                                    subject));
  const bool is_truncated = parts.size() > static_cast<std::size_t>(max_parts) && max_parts > 0;
  if (parts.size() > static_cast<std::size_t>(max_parts))
    parts.resize(static_cast<std::size_t>(max_parts));

  Json list = Json::Array();
  for (const auto& part : parts) {
    Json item = Json::Object({{"PartNumber", part.number},
                              {"LastModified", WholeSeconds(part.modified)},
                              {"ETag", Quoted(part.etag)},
                              {"Size", part.size}});
    if (!upload.checksum_algorithm.empty())
      AddChecksum({part.checksum.algorithm, part.checksum.value, ""}, &item);  // parts have no type
    list.Append(std::move(item));
  }
  Json reply = Json::Object(
      {{"Bucket", bucket.name},
       {"Key", subject.key},
       {"UploadId", subject.upload_id},
       {"PartNumberMarker", std::to_string(marker)},
       {"NextPartNumberMarker", std::to_string(parts.empty() ? 0 : parts.back().number)},
       {"MaxParts", max_parts},
       {"IsTruncated", is_truncated},
       {"Parts", std::move(list)},
       {"Initiator", InitiatorOf(bucket.account)},
       {"Owner", OwnerOf(bucket.account)},
       {"StorageClass", upload.metadata.storage_class}});
  if (!upload.checksum_algorithm.empty()) {
    reply["ChecksumAlgorithm"] = upload.checksum_algorithm;
    reply["ChecksumType"] = upload.checksum_type;
  }
  return reply;
}

aws::Outcome<Json> ListMultipartUploads(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  ASSIGN_OR_RETURN(const int max_uploads, PageSizeOf(input, "MaxUploads", "max-uploads"));
  const std::string key_marker = input.GetString("KeyMarker");
  // S3 does not look at it without a key.
  const std::string id_marker = key_marker.empty() ? "" : input.GetString("UploadIdMarker");
  ASSIGN_OR_RETURN(const bool as_url, WantsUrlEncoding(input));
  const objectstore::ListRequest request{input.GetString("Prefix"), input.GetString("Delimiter"),
                                         PastPrefix(key_marker, input), max_uploads};
  ASSIGN_OR_RETURN(const auto page,
                   Told(store.ListMultiparts(bucket.name, request, id_marker), SubjectOf(input)));

  Json list = Json::Array(), prefixes = Json::Array();
  for (const auto& upload : page.uploads) {
    Json item = Json::Object({{"UploadId", upload.upload_id},
                              {"Key", Encoded(upload.key, as_url)},
                              {"Initiated", WholeSeconds(upload.initiated)},
                              {"StorageClass", upload.metadata.storage_class},
                              {"Owner", OwnerOf(bucket.account)},
                              {"Initiator", InitiatorOf(bucket.account)}});
    if (!upload.checksum_algorithm.empty()) {
      item["ChecksumAlgorithm"] = upload.checksum_algorithm;
      item["ChecksumType"] = upload.checksum_type;
    }
    list.Append(std::move(item));
  }
  for (const auto& prefix : page.common_prefixes)
    prefixes.Append(Json::Object({{"Prefix", Encoded(prefix, as_url)}}));
  // S3 leaves it empty after a common prefix, even if more is to come: a client would begin anew. Ours goes on.
  const std::string next_key = page.truncated || !page.last_id.empty() ? page.last : "";
  Json reply = Json::Object({{"Bucket", bucket.name},
                             {"KeyMarker", Encoded(key_marker, as_url)},
                             {"UploadIdMarker", id_marker},
                             {"NextKeyMarker", Encoded(next_key, as_url)},
                             {"NextUploadIdMarker", page.last_id},
                             {"MaxUploads", max_uploads},
                             {"IsTruncated", page.truncated},
                             {"Uploads", std::move(list)},
                             {"CommonPrefixes", std::move(prefixes)}});
  if (!request.prefix.empty()) reply["Prefix"] = Encoded(request.prefix, as_url);
  if (!request.delimiter.empty()) reply["Delimiter"] = Encoded(request.delimiter, as_url);
  if (as_url) reply["EncodingType"] = "url";
  return reply;
}

}  // namespace sagebrush::services::s3
