// SPDX-License-Identifier: Apache-2.0
#include "services/s3/multipart.h"

#include "base/hash.h"
#include "base/strings.h"
#include "objectstore/checksum.h"
#include "services/s3/errors.h"
#include "services/s3/object_write.h"
#include "services/s3/range.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::int64_t kMaxPartNumber = 10'000;

struct Type {
  std::string algorithm, type;
};

// SHAs cannot be put together from parts, and CRC64NVME has no composite form: User Guide, "Checking object integrity".
aws::Outcome<Type> ChecksumTypeOf(const Json& input) {
  Type wanted{input.GetString("ChecksumAlgorithm"), input.GetString("ChecksumType")};
  if (wanted.algorithm.empty()) {
    if (!wanted.type.empty())
      return MakeError("InvalidRequest",
                       "The x-amz-checksum-type header can only be used with the "
                       "x-amz-checksum-algorithm header.");
    return wanted;
  }
  if (objectstore::ChecksumBytes(wanted.algorithm) == 0)
    return aws::NotImplementedHeader("x-amz-checksum-algorithm");
  const bool is_sha = wanted.algorithm.starts_with("SHA"),
             is_full_only = wanted.algorithm == "CRC64NVME";
  if (wanted.type.empty()) wanted.type = is_full_only ? "FULL_OBJECT" : "COMPOSITE";
  if (wanted.type != "FULL_OBJECT" && wanted.type != "COMPOSITE")
    return MakeError("InvalidRequest", "Value for x-amz-checksum-type header is invalid.");
  if ((is_sha && wanted.type == "FULL_OBJECT") || (is_full_only && wanted.type == "COMPOSITE"))
    return MakeError("InvalidRequest", "The " + wanted.type +
                                           " checksum type cannot be used with the " +
                                           ToLower(wanted.algorithm) + " checksum algorithm.");
  return wanted;
}

// PartNumber and UploadId of a part on its way in, checked against the upload.
struct Target {
  int number = 0;
  objectstore::MultipartInfo upload;
};
aws::Outcome<Target> TargetOf(objectstore::ObjectStore& store, const RequestContext& context,
                              const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckKey(input.GetString("Key"))) return *refused;
  if (const auto refused = CheckPromises(input)) return *refused;
  const std::int64_t number = input.GetInt("PartNumber");
  if (number < 1 || number > kMaxPartNumber)
    return InvalidArgumentError("Part number must be an integer between 1 and 10000, inclusive",
                                "partNumber", std::to_string(number));
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(auto upload,
                   Told(store.GetMultipart(bucket.name, subject.key, subject.upload_id), subject));
  return Target{static_cast<int>(number), std::move(upload)};
}

objectstore::Checksum Finished(objectstore::ChecksumHasher& hasher) {
  return {std::string(hasher.algorithm()), Base64Encode(hasher.Finish()), ""};
}

// The checksum under its own algorithm; parts have no type.
void AddPartChecksum(const objectstore::Checksum& checksum, Json* document) {
  AddChecksum({checksum.algorithm, checksum.value, ""}, document);
}

// x-amz-checksum-type of a completion must be the upload's.
std::optional<aws::Error> CheckType(const Json& input, const objectstore::MultipartInfo& upload) {
  const std::string type = input.GetString("ChecksumType");
  if (type.empty() || type == upload.checksum_type) return std::nullopt;
  return MakeError("InvalidRequest",
                   "The upload was created using the " +
                       (upload.checksum_type.empty() ? "null" : upload.checksum_type) +
                       " checksum mode. The complete request must use the same checksum mode.");
}

aws::Outcome<std::vector<objectstore::CompletedPart>> CompletedParts(const Json& input) {
  const Json* body = input.Find("MultipartUpload");
  if (body == nullptr) return MakeError("InvalidRequest", "You must specify at least one part");
  const Json* listed = body->Find("Parts");
  if (listed == nullptr || !listed->is_array() || listed->size() == 0 ||
      listed->size() > static_cast<std::size_t>(kMaxPartNumber))
    return MakeError("MalformedXML");
  std::vector<objectstore::CompletedPart> parts;
  for (const Json& part : listed->AsArray()) {
    const std::int64_t number = part.GetInt("PartNumber");
    if (number < 1 || number > kMaxPartNumber || !part.Has("ETag"))
      return MakeError("MalformedXML");
    objectstore::CompletedPart completed{static_cast<int>(number),
                                         Unquoted(part.GetString("ETag"))};
    for (const std::string_view algorithm : objectstore::ChecksumAlgorithms())
      if (std::string value = part.GetString("Checksum" + std::string(algorithm)); !value.empty())
        completed.checksum = {std::string(algorithm), std::move(value), ""};
    parts.push_back(std::move(completed));
  }
  return parts;
}

}  // namespace

aws::Outcome<Json> CreateMultipartUpload(objectstore::ObjectStore& store,
                                         const RequestContext& context, const Json& input) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckKey(subject.key)) return *refused;
  if (const auto refused = CheckPromises(input)) return *refused;
  ASSIGN_OR_RETURN(const auto metadata, MetadataOf(input));
  ASSIGN_OR_RETURN(const Type type, ChecksumTypeOf(input));
  ASSIGN_OR_RETURN(const auto upload, Told(store.CreateMultipart(bucket.name, subject.key, metadata,
                                                                 type.algorithm, type.type),
                                           subject));
  Json reply =
      Json::Object({{"Bucket", bucket.name}, {"Key", subject.key}, {"UploadId", upload.upload_id}});
  if (!type.algorithm.empty()) {
    reply["ChecksumAlgorithm"] = type.algorithm;
    reply["ChecksumType"] = type.type;
  }
  return reply;
}

aws::Outcome<std::monostate> UploadPart(objectstore::ObjectStore& store,
                                        const SecretLookup& secret_of,
                                        const RequestContext& context, const Json& input,
                                        http::Exchange& exchange) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const Target target, TargetOf(store, context, input));
  ASSIGN_OR_RETURN(auto bytes, Told(store.NewUpload(), subject));
  const std::string& wanted = target.upload.checksum_algorithm;
  // Nobody chose the object's checksum: the part's is not the one that the client sends with it.
  auto unchosen =
      objectstore::ChecksumHasher::For(wanted.empty() ? objectstore::kDefaultChecksum : "");
  ASSIGN_OR_RETURN(const auto checksum, Receive(exchange, input, secret_of, wanted, *bytes,
                                                unchosen ? &*unchosen : nullptr));
  if (!wanted.empty() && checksum.algorithm != wanted)
    return MakeError("InvalidRequest",
                     "Checksum Type mismatch occurred, expected checksum Type: " + ToLower(wanted) +
                         ", actual checksum Type: " + ToLower(checksum.algorithm));
  ASSIGN_OR_RETURN(const auto part,
                   Told(store.PutPart(subject.bucket, subject.key, subject.upload_id, target.number,
                                      std::move(bytes), unchosen ? Finished(*unchosen) : checksum),
                        subject));
  Json reply = Json::Object({{"ETag", Quoted(part.etag)}});
  AddPartChecksum(checksum, &reply);
  return Respond(exchange, context, "UploadPart", reply);
}

aws::Outcome<Json> UploadPartCopy(objectstore::ObjectStore& store, const RequestContext& context,
                                  const Json& input) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const Target target, TargetOf(store, context, input));
  ASSIGN_OR_RETURN(const OpenSource source, OpenCopySource(store, context, input));
  const std::uint64_t size = source.reader->info().size;
  ByteRange range{0, size};
  if (const std::string text = input.GetString("CopySourceRange"); !text.empty()) {
    if (!ParseCopyRange(text, &range))
      return InvalidArgumentError(
          "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
          "last "
          "are the zero-based offsets of the first and last bytes to copy",
          "x-amz-copy-source-range", text);
    if (range.offset >= size)
      return MakeError("InvalidRequest",
                       "The specified copy range is invalid for the source object size");
    if (range.length > size - range.offset)
      return InvalidArgumentError(
          "Range specified is not valid for source object of size: " + std::to_string(size),
          "x-amz-copy-source-range", text);
  }
  if (range.length > kMaxPut) return MakeError("EntityTooLarge");
  ASSIGN_OR_RETURN(auto bytes, Told(store.NewUpload(), subject));
  const std::string& wanted = target.upload.checksum_algorithm;
  ASSIGN_OR_RETURN(const auto checksum,
                   CopyBytes(*source.reader, range.offset, range.length,
                             wanted.empty() ? objectstore::kDefaultChecksum : wanted, *bytes));
  ASSIGN_OR_RETURN(const auto part,
                   Told(store.PutPart(subject.bucket, subject.key, subject.upload_id, target.number,
                                      std::move(bytes), checksum),
                        subject));
  Json result =
      Json::Object({{"ETag", Quoted(part.etag)}, {"LastModified", WholeSeconds(part.modified)}});
  if (!wanted.empty()) AddPartChecksum(part.checksum, &result);
  return Json::Object({{"CopyPartResult", std::move(result)}});
}

aws::Outcome<Json> CompleteMultipartUpload(objectstore::ObjectStore& store,
                                           const RequestContext& context, const Json& input) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckPromises(input)) return *refused;
  // What is completed already is the store's to tell from what never was.
  const auto upload = store.GetMultipart(bucket.name, subject.key, subject.upload_id);
  objectstore::Completion completion;
  auto parts = CompletedParts(input);
  if (!parts.ok()) {
    if (!upload.ok()) return ErrorOf(upload.status(), subject);
    return parts.error(aws::Protocol::kRestXml);
  }
  completion.parts = std::move(*parts);
  ASSIGN_OR_RETURN(completion.conditions, WriteConditionsOf(input));
  if (upload.ok())
    if (const auto mismatch = CheckType(input, *upload)) return *mismatch;
  // One that nobody chose when the upload began is not looked at.
  const bool is_unchosen = upload.ok() && upload->checksum_algorithm.empty();
  for (const std::string_view algorithm : objectstore::ChecksumAlgorithms())
    if (completion.checksum.empty() && (!is_unchosen || algorithm == objectstore::kDefaultChecksum))
      completion.checksum = input.GetString("Checksum" + std::string(algorithm));
  if (input.Has("MpuObjectSize"))
    completion.size = static_cast<std::uint64_t>(input.GetInt("MpuObjectSize"));
  objectstore::RefusedPart refused;
  const auto object =
      store.CompleteMultipart(bucket.name, subject.key, subject.upload_id, completion, &refused);
  if (!object.ok())
    return WithPart(WithCondition(ErrorOf(object.status(), subject), completion.conditions),
                    refused);
  Json reply =
      Json::Object({{"Location", "/" + bucket.name + "/" + PercentEncode(subject.key, true)},
                    {"Bucket", bucket.name},
                    {"Key", subject.key},
                    {"ETag", Quoted(object->etag)}});
  AddChecksum(object->checksum, &reply);
  return reply;
}

aws::Outcome<Json> AbortMultipartUpload(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  const Status aborted = store.AbortMultipart(bucket.name, subject.key, subject.upload_id);
  if (!aborted.ok()) return ErrorOf(aborted, subject);
  return Json::Object();
}

}  // namespace sagebrush::services::s3
