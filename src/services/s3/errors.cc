// SPDX-License-Identifier: Apache-2.0
#include "services/s3/errors.h"

namespace sagebrush::services::s3 {

namespace {

struct Sentence {
  std::string_view code;
  std::string_view message;
};
constexpr Sentence kSentences[] = {
    {"AccessControlListNotSupported", "The bucket does not allow ACLs"},
    {"AccessDenied", "Access Denied"},
    {"BadDigest", "The Content-MD5 you specified did not match what we received."},
    {"BucketAlreadyExists",
     "The requested bucket name is not available. The bucket namespace is shared by all users of "
     "the system. Please select a "
     "different name and try again."},
    {"BucketAlreadyOwnedByYou",
     "Your previous request to create the named bucket succeeded and you already own it."},
    {"BucketNotEmpty", "The bucket you tried to delete is not empty"},
    {"ConditionalRequestConflict",
     "The conditional request cannot succeed due to a conflicting operation against this "
     "resource."},
    {"EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"},
    {"EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"},
    {"IncompleteBody",
     "You did not provide the number of bytes specified by the Content-Length HTTP header"},
    {"InvalidBucketName", "The specified bucket is not valid."},
    {"InvalidDigest", "The Content-MD5 you specified was invalid."},
    {"InvalidLocationConstraint", "The specified location-constraint is not valid"},
    {"InvalidPart",
     "One or more of the specified parts could not be found.  The part may not have been uploaded, "
     "or the specified entity "
     "tag may not match the part's entity tag."},
    {"InvalidPartNumber", "The requested partnumber is not satisfiable"},
    {"InvalidPartOrder",
     "The list of parts was not in ascending order. Parts must be ordered by part number."},
    {"InvalidRange", "The requested range is not satisfiable"},
    {"InvalidStorageClass", "The storage class you specified is not valid"},
    {"KeyTooLongError", "Your key is too long"},
    {"MalformedTrailerError",
     "The request contained trailing data that was not well-formed or did not conform to our "
     "published schema."},
    {"MalformedXML",
     "The XML you provided was not well-formed or did not validate against our published schema"},
    {"MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"},
    {"MissingContentLength", "You must provide the Content-Length HTTP header."},
    {"NoSuchBucket", "The specified bucket does not exist"},
    {"NoSuchKey", "The specified key does not exist."},
    {"NoSuchUpload",
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
     "been aborted or completed."},
    {"NoSuchVersion", "The specified version does not exist."},
    {"PreconditionFailed", "At least one of the pre-conditions you specified did not hold"},
    {"SignatureDoesNotMatch",
     "The request signature we calculated does not match the signature you provided. Check your "
     "key and signing method."},
    {"XAmzContentSHA256Mismatch",
     "The provided 'x-amz-content-sha256' header does not match what was computed."},
};

bool IsAbout(std::string_view code, std::initializer_list<std::string_view> codes) {
  for (const std::string_view one : codes)
    if (one == code) return true;
  return false;
}

}  // namespace

aws::Error WithPart(aws::Error error, const objectstore::RefusedPart& part) {
  const bool is_too_small = error.code == "EntityTooSmall";
  if (part.number == 0 || (!is_too_small && error.code != "InvalidPart")) return error;
  if (is_too_small) {
    error.extra["ProposedSize"] = std::to_string(part.size);
    error.extra["MinSizeAllowed"] = std::to_string(objectstore::kMinPartSize);
  }
  error.extra["PartNumber"] = std::to_string(part.number);
  error.extra["ETag"] = part.etag;
  return error;
}

aws::Error MakeError(std::string_view code, const Subject& subject) {
  aws::Error error{std::string(code), "", 0, {}};
  for (const Sentence& sentence : kSentences)
    if (sentence.code == code) error.message = sentence.message;
  error.extra = Json::Object();
  if (IsAbout(code, {"NoSuchBucket", "BucketNotEmpty", "BucketAlreadyOwnedByYou",
                     "BucketAlreadyExists", "InvalidBucketName"}))
    error.extra["BucketName"] = subject.bucket;
  if (IsAbout(code, {"NoSuchKey", "ConditionalRequestConflict"})) error.extra["Key"] = subject.key;
  if (IsAbout(code, {"NoSuchUpload", "InvalidPart", "InvalidPartOrder"}) &&
      !subject.upload_id.empty())
    error.extra["UploadId"] = subject.upload_id;
  return error;
}

aws::Error MakeError(std::string_view code, std::string message) {
  return {std::string(code), std::move(message), 0, {}};
}

aws::Error InvalidArgumentError(std::string message, std::string_view name,
                                std::string_view value) {
  return {"InvalidArgument", std::move(message), 400,
          Json::Object({{"ArgumentName", name}, {"ArgumentValue", value}})};
}

aws::Error ErrorOf(const Status& status, const Subject& subject) {
  const std::string& message = status.message();
  const std::string_view code = std::string_view{message}.substr(0, message.find(':'));
  if (code == "BucketExists") return MakeError("BucketAlreadyOwnedByYou", subject);
  if (code == "InvalidRequest" || code == "BadDigest")
    return MakeError(code, message.substr(std::min(message.size(), code.size() + 2)));
  for (const Sentence& sentence : kSentences)
    if (sentence.code == code) return MakeError(code, subject);
  return aws::FromStatus(aws::Protocol::kRestXml, status);
}

aws::Error WithCondition(aws::Error error, const objectstore::Conditions& conditions) {
  if (error.code == "PreconditionFailed" || error.code == "ConditionalRequestConflict")
    error.extra["Condition"] = conditions.if_match ? "If-Match" : "If-None-Match";
  return error;
}

}  // namespace sagebrush::services::s3
