// SPDX-License-Identifier: Apache-2.0
#include "services/s3/request.h"

#include <algorithm>
#include <chrono>

#include "aws/protocol.h"
#include "aws_models/services.h"
#include "base/hash.h"
#include "base/strings.h"
#include "iam/identity.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::size_t kMaxKeyBytes = 1024;
constexpr std::size_t kMaxMetadataBytes = 2048;

// Without "aws-chunked", which describes the transfer only; what else there is stays as the client wrote it.
std::string StoredEncoding(const std::string& header) {
  std::vector<std::string> kept;
  for (const std::string_view part : Split(header, ','))
    if (!EqualsIgnoreCase(Trim(part), "aws-chunked")) kept.emplace_back(part);
  return std::string(Trim(Join(kept, ",")));
}

// An empty header says nothing.
std::string TextOr(const Json& input, std::string_view member, std::string_view fallback) {
  const std::string text = input.GetString(member);
  return text.empty() ? std::string(fallback) : text;
}

std::optional<TimePoint> TimeOf(const Json& input, const std::string& member) {
  const Json* value = input.Find(member);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return FromEpochSeconds(value->AsDouble());
}

constexpr std::string_view kQuotedStar = "\"*\"";

}  // namespace

Subject SubjectOf(const Json& input) {
  return {input.GetString("Bucket"), input.GetString("Key"), input.GetString("UploadId")};
}

aws::Outcome<objectstore::Bucket> OpenBucket(objectstore::ObjectStore& store,
                                             const RequestContext& context, const Json& input) {
  return OpenBucket(store, context, input.GetString("Bucket"),
                    input.GetString("ExpectedBucketOwner"));
}

aws::Outcome<objectstore::Bucket> OpenBucket(objectstore::ObjectStore& store,
                                             const RequestContext& context, std::string_view bucket,
                                             const std::string& expected_owner) {
  if (!expected_owner.empty() && !iam::IsAccountId(expected_owner))
    return MakeError(
        "InvalidBucketOwnerAWSAccountID",
        "The value of the expected bucket owner parameter must be an AWS Account ID... [" +
            expected_owner.substr(0, 200) + "]");
  ASSIGN_OR_RETURN(auto found, Told(store.GetBucket(bucket), {std::string(bucket), "", ""}));
  if (found.account != context.account ||
      (!expected_owner.empty() && found.account != expected_owner))
    return MakeError("AccessDenied");
  return found;
}

std::optional<aws::Error> CheckKey(std::string_view key) {
  if (key.size() <= kMaxKeyBytes) return std::nullopt;
  aws::Error error = MakeError("KeyTooLongError");
  error.extra["Size"] = std::to_string(key.size());
  error.extra["MaxSizeAllowed"] = std::to_string(kMaxKeyBytes);
  return error;
}

std::optional<std::string> VersionOf(const Json& input) {
  if (!input.Has("VersionId")) return std::nullopt;
  return input.GetString("VersionId");
}

std::optional<aws::Error> CheckVersion(const std::optional<std::string>& version) {
  if (!version || *version == "null") return std::nullopt;
  return InvalidArgumentError("Invalid version id specified", "versionId", version->substr(0, 200));
}

std::optional<aws::Error> CheckPromises(const Json& input) {
  // s3fs sends an empty x-amz-acl with every multipart upload (0.4.2); AWS takes it for none.
  const std::string acl = TextOr(input, "ACL", "private");
  if (acl != "private" && acl != "bucket-owner-full-control")
    return MakeError("AccessControlListNotSupported");
  for (const char* grant :
       {"GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"})
    if (input.Has(grant)) return MakeError("AccessControlListNotSupported");
  for (const char* lock :
       {"ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"})
    if (input.Has(lock))
      return MakeError("InvalidRequest", "Bucket is missing Object Lock Configuration");
  struct Promise {
    const char* member;
    const char* header;
  };
  for (const Promise& promise :
       {Promise{"SSECustomerAlgorithm", "x-amz-server-side-encryption-customer-algorithm"},
        Promise{"SSECustomerKey", "x-amz-server-side-encryption-customer-key"},
        Promise{"WebsiteRedirectLocation", "x-amz-website-redirect-location"},
        Promise{"WriteOffsetBytes", "x-amz-write-offset-bytes"},
        Promise{"Tagging", "x-amz-tagging"}})
    if (!input.GetString(promise.member).empty() || input.GetInt(promise.member) != 0)
      return aws::NotImplementedHeader(promise.header);
  return std::nullopt;
}

aws::Outcome<std::string> StorageClassOf(const Json& input) {
  std::string name = TextOr(input, "StorageClass", "STANDARD");
  const auto known =
      aws::S3Model().FindOperation("PutObject")->input->Find("StorageClass")->shape->enum_values;
  const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
  if (is_known && name != "OUTPOSTS") return name;  // which is of buckets on an Outpost alone
  aws::Error error = MakeError("InvalidStorageClass");
  error.extra["StorageClassRequested"] = name.substr(0, 200);
  return error;
}

aws::Outcome<objectstore::ObjectMetadata> MetadataOf(const Json& input) {
  objectstore::ObjectMetadata metadata;
  metadata.content_type = TextOr(input, "ContentType", metadata.content_type);
  metadata.content_encoding = StoredEncoding(input.GetString("ContentEncoding"));
  metadata.content_disposition = input.GetString("ContentDisposition");
  metadata.content_language = input.GetString("ContentLanguage");
  metadata.cache_control = input.GetString("CacheControl");
  metadata.expires = input.GetString("Expires");
  ASSIGN_OR_RETURN(metadata.storage_class, StorageClassOf(input));
  std::size_t bytes = 0;
  if (const Json* user = input.Find("Metadata"); user != nullptr && user->is_object()) {
    for (const auto& [name, value] : user->AsObject()) {
      if (!value.is_string()) continue;
      bytes += name.size() + value.AsString().size();
      metadata.user[ToLower(name)] = value.AsString();
    }
  }
  if (bytes > kMaxMetadataBytes) {
    aws::Error error = MakeError("MetadataTooLarge");
    error.extra["Size"] = std::to_string(bytes);
    error.extra["MaxSizeAllowed"] = std::to_string(kMaxMetadataBytes);
    return error;
  }
  return metadata;
}

objectstore::Conditions ConditionsOf(const Json& input, TimePoint now, const std::string& prefix) {
  objectstore::Conditions conditions{
      EtagOf(input, prefix + "IfMatch"), EtagOf(input, prefix + "IfNoneMatch"),
      TimeOf(input, prefix + "IfModifiedSince"), TimeOf(input, prefix + "IfUnmodifiedSince")};
  if (conditions.if_modified_since > now) conditions.if_modified_since.reset();
  return conditions;
}

aws::Error RefusedCondition(std::string_view header) {
  aws::Error error = aws::NotImplementedHeader(header);
  error.extra["additionalMessage"] =
      "We don't accept the provided value of " + std::string(header) + " header for this API";
  return error;
}

aws::Outcome<objectstore::Conditions> WriteConditionsOf(const Json& input) {
  objectstore::Conditions conditions{.if_match = EtagOf(input, "IfMatch"),
                                     .if_none_match = EtagOf(input, "IfNoneMatch")};
  if (conditions.if_match && conditions.if_none_match) {
    aws::Error error = aws::NotImplementedHeader("If-Match,If-None-Match");
    error.extra["additionalMessage"] =
        "Multiple conditional request headers present in the request";
    return error;
  }
  if (conditions.if_none_match && *conditions.if_none_match != "*")
    return RefusedCondition("If-None-Match");
  if (conditions.if_match && *conditions.if_match == "*") return RefusedCondition("If-Match");
  return conditions;
}

std::optional<std::string> EtagOf(const Json& input, const std::string& member) {
  const Json* value = input.Find(member);
  if (value == nullptr || !value->is_string() || Trim(value->AsString()).empty())
    return std::nullopt;
  if (Trim(value->AsString()) == kQuotedStar) return value->AsString();  // an ETag that none has
  return Unquoted(value->AsString());
}

std::int64_t WholeSeconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string Quoted(std::string_view etag) { return "\"" + std::string(etag) + "\""; }

std::string Unquoted(std::string_view etag) {
  etag = Trim(etag);
  if (etag.starts_with('"')) etag.remove_prefix(1);  // S3 takes an ETag with one quote of the two
  if (etag.ends_with('"')) etag.remove_suffix(1);
  return std::string(etag);
}

std::string BucketArn(std::string_view bucket) { return "arn:aws:s3:::" + std::string(bucket); }

Json OwnerOf(std::string_view account) {
  return Json::Object({{"ID", HexEncode(Sha256("canonical user of " + std::string(account)))}});
}

Json InitiatorOf(std::string_view account) {
  Json initiator = OwnerOf(account);
  initiator["DisplayName"] = account;
  return initiator;
}

void AddChecksum(const objectstore::Checksum& checksum, Json* document) {
  if (checksum.algorithm.empty()) return;
  (*document)["Checksum" + checksum.algorithm] = checksum.value;
  if (!checksum.type.empty()) (*document)["ChecksumType"] = checksum.type;
}

std::string Encoded(std::string_view text, bool as_url) {
  return as_url ? PercentEncode(text, /*keep_slash=*/true) : std::string(text);
}

aws::Outcome<bool> WantsUrlEncoding(const Json& input) {
  if (!input.Has("EncodingType")) return false;
  const std::string encoding = input.GetString("EncodingType");
  if (encoding != "url")
    return InvalidArgumentError("Invalid Encoding Method specified in Request", "encoding-type",
                                encoding.substr(0, 200));
  return true;
}

std::string PastPrefix(std::string_view marker, const Json& input) {
  const std::string prefix = input.GetString("Prefix"), delimiter = input.GetString("Delimiter");
  if (!delimiter.empty() && marker.starts_with(prefix))
    if (const auto at = marker.find(delimiter, prefix.size()); at != std::string_view::npos)
      marker = marker.substr(0, at + delimiter.size());
  return std::string(marker);
}

aws::Outcome<int> PageSizeOf(const Json& input, std::string_view member,
                             std::string_view argument) {
  const std::int64_t size = input.GetInt(member, kMaxPageSize);
  if (size < 0 || size > INT32_MAX)
    return InvalidArgumentError(
        "Argument " + std::string(argument) + " must be an integer between 0 and 2147483647",
        argument, std::to_string(size));
  return static_cast<int>(std::min<std::int64_t>(size, kMaxPageSize));
}

aws::Outcome<int> PartNumberMarkerOf(const Json& input) {
  const std::string text =
      input.GetString("PartNumberMarker", std::to_string(input.GetInt("PartNumberMarker")));
  const auto marker = ParseUint(text);
  if (!marker || *marker > INT32_MAX)
    return InvalidArgumentError(
        "Argument part-number-marker must be an integer between 0 and 2147483647",
        "part-number-marker", text);
  return static_cast<int>(*marker);
}

http::Response ResponseOf(const RequestContext& context, std::string_view operation,
                          const Json& result) {
  const aws::Route route{.service = &aws::S3Model(), .protocol = aws::Protocol::kRestXml};
  return aws::Encode(route, *route.service->FindOperation(operation), result,
                     {.request_id = context.request_id,
                      .host_id = Base64Encode(context.request_id)});  // as errors have it
}

aws::Outcome<std::monostate> Respond(http::Exchange& exchange, const RequestContext& context,
                                     std::string_view operation, const Json& result) {
  const Status sent = exchange.Send(ResponseOf(context, operation, result));
  if (!sent.ok()) return sent;
  return std::monostate();
}

}  // namespace sagebrush::services::s3
