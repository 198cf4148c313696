// SPDX-License-Identifier: Apache-2.0
// What the handlers of S3's operations share: reading the decoded request and writing what replies have in common.
// Pure functions but for OpenBucket, which asks the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/json.h"
#include "http/exchange.h"
#include "objectstore/object_store.h"
#include "services/context.h"
#include "services/s3/errors.h"

namespace sagebrush::services::s3 {

inline constexpr std::uint64_t kMaxPut = std::uint64_t{5} << 30;  // of one PUT, part or copy
inline constexpr int kMaxPageSize = 1000;

// Bucket, Key and UploadId of the request.
Subject SubjectOf(const Json& input);

// The request's bucket, if it exists, is the caller's, and is owned by whom x-amz-expected-bucket-owner names.
aws::Outcome<objectstore::Bucket> OpenBucket(objectstore::ObjectStore& store,
                                             const RequestContext& context, const Json& input);
// The same for any bucket and for the value of either owner header ("" if not sent).
aws::Outcome<objectstore::Bucket> OpenBucket(objectstore::ObjectStore& store,
                                             const RequestContext& context, std::string_view bucket,
                                             const std::string& expected_owner);

std::optional<aws::Error> CheckKey(std::string_view key);
// The version that the request, or one object of it, names.
std::optional<std::string> VersionOf(const Json& input);
// Buckets are not versioned, so "null" is the only one; none is the same.
std::optional<aws::Error> CheckVersion(const std::optional<std::string>& version);
// Headers that would promise what is not kept: ACLs, customer keys, locks, tags, redirects.
std::optional<aws::Error> CheckPromises(const Json& input);

// The request's x-amz-storage-class, if S3 has it; STANDARD where none is sent.
aws::Outcome<std::string> StorageClassOf(const Json& input);
// Content-Type to StorageClass and x-amz-meta-*, as an upload says them.
aws::Outcome<objectstore::ObjectMetadata> MetadataOf(const Json& input);

// If-Match and the others; `prefix` is "CopySource" for a copy's source. S3 does not look at an If-Modified-Since after `now`.
objectstore::Conditions ConditionsOf(const Json& input, TimePoint now,
                                     const std::string& prefix = "");
// What a write may ask for: If-None-Match with "*", or If-Match.
aws::Outcome<objectstore::Conditions> WriteConditionsOf(const Json& input);
// NotImplemented for a header with that value, as S3 says it of conditions.
aws::Error RefusedCondition(std::string_view header);

// A member that names an ETag, without its quotes; an empty one says nothing. "*" with quotes keeps them: it is no wildcard, but
// an ETag that no object has.
std::optional<std::string> EtagOf(const Json& input, const std::string& member);

// A time as S3 tells it everywhere, so that a list and Last-Modified agree.
std::int64_t WholeSeconds(TimePoint time);

std::string Quoted(std::string_view etag);
std::string Unquoted(std::string_view etag);

std::string BucketArn(std::string_view bucket);

// {"ID": …}: a hash of the account, as AWS's canonical user ids tell nothing either. S3 left the DisplayName out of owners at the
// end of 2025, and kept it in who began a multipart upload.
Json OwnerOf(std::string_view account);
Json InitiatorOf(std::string_view account);

// ChecksumCRC32 and its like, and ChecksumType.
void AddChecksum(const objectstore::Checksum& checksum, Json* document);

// "%2F" and so on where the request has encoding-type=url, else the text itself.
std::string Encoded(std::string_view text, bool as_url);

// Whether the request has encoding-type=url, the only one there is.
aws::Outcome<bool> WantsUrlEncoding(const Json& input);
// Where a list goes on after `marker`: under a delimiter, after the whole common prefix that the marker lies in, as S3 does.
std::string PastPrefix(std::string_view marker, const Json& input);

// A count such as max-keys: `fallback` if not sent, kMaxPageSize at most.
aws::Outcome<int> PageSizeOf(const Json& input, std::string_view member, std::string_view argument);
// After which part a page of parts begins; 0 if not sent.
aws::Outcome<int> PartNumberMarkerOf(const Json& input);

// Answers with the operation's result: headers, and the body if it has one.
aws::Outcome<std::monostate> Respond(http::Exchange& exchange, const RequestContext& context,
                                     std::string_view operation, const Json& result);
http::Response ResponseOf(const RequestContext& context, std::string_view operation,
                          const Json& result);

}  // namespace sagebrush::services::s3
