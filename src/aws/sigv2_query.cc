// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv2_query.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "aws/router.h"
#include "base/hash.h"

namespace sagebrush::aws {

namespace {

// The parameters that are part of the resource; the guide's list and what botocore adds
// (botocore/auth.py, HmacV1Auth).
constexpr std::string_view kSubResources[] = {"accelerate",
                                              "acl",
                                              "analytics",
                                              "cors",
                                              "defaultObjectAcl",
                                              "delete",
                                              "inventory",
                                              "lifecycle",
                                              "location",
                                              "logging",
                                              "metrics",
                                              "notification",
                                              "object-lock",
                                              "partNumber",
                                              "policy",
                                              "replication",
                                              "requestPayment",
                                              "response-cache-control",
                                              "response-content-disposition",
                                              "response-content-encoding",
                                              "response-content-language",
                                              "response-content-type",
                                              "response-expires",
                                              "restore",
                                              "select",
                                              "select-type",
                                              "storageClass",
                                              "tagging",
                                              "torrent",
                                              "uploadId",
                                              "uploads",
                                              "versionId",
                                              "versioning",
                                              "versions",
                                              "website"};

std::string HmacSha1(std::string_view key, std::string_view data) {
  constexpr std::size_t kBlock = 64;  // RFC 2104
  std::string block(key.size() > kBlock ? Sha1(key) : std::string(key));
  block.resize(kBlock, '\0');
  std::string inner = block;
  std::string outer = block;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return Sha1(outer + Sha1(inner.append(data)));
}

// x-amz-* fields. boto3 puts its own into the query string; a client that sends one as a header too
// means the same one.
std::string CanonicalAmzFields(const http::Request& request, const QueryPairs& query) {
  std::map<std::string, std::string> fields;
  for (const auto& [name, value] : request.headers) {
    std::string lower = ToLower(name);
    if (!lower.starts_with("x-amz-")) continue;
    const auto [at, is_fresh] = fields.emplace(std::move(lower), Trim(value));
    if (!is_fresh) at->second.append(",").append(Trim(value));
  }
  for (const auto& [name, value] : query) {
    std::string lower = ToLower(name);
    if (lower.starts_with("x-amz-")) fields.emplace(std::move(lower), Trim(value));
  }
  std::string out;
  for (const auto& [name, value] : fields) out += name + ":" + value + "\n";
  return out;
}

std::string CanonicalResource(const http::Request& request, const QueryPairs& query) {
  // The signature covers the bucket but not the host: this must be the router's own reading of it.
  const std::string_view bucket = BucketOfHost(request.host());
  std::string out;
  if (!bucket.empty()) out.append("/").append(bucket);
  out += request.raw_path().empty() ? std::string_view("/") : request.raw_path();

  QueryPairs kept;
  for (const auto& pair : query)
    if (std::ranges::find(kSubResources, pair.first) != std::end(kSubResources))
      kept.push_back(pair);
  std::sort(kept.begin(), kept.end());
  char separator = '?';
  for (const auto& [name, value] : kept) {
    out += separator;
    out += name;
    if (!value.empty()) out += "=" + value;
    separator = '&';
  }
  return out;
}

const std::string* Find(const QueryPairs& pairs, std::string_view name) {
  const auto it = std::find_if(pairs.begin(), pairs.end(),
                               [&](const auto& pair) { return pair.first == name; });
  return it == pairs.end() ? nullptr : &it->second;
}

}  // namespace

Result<Presented> ParseQueryV2(const QueryPairs& pairs) {
  const std::string* expires = Find(pairs, "Expires");
  if (expires == nullptr)
    return InvalidArgument(
        "AccessDenied: Query-string authentication requires the Signature, Expires and "
        "AWSAccessKeyId "
        "parameters");
  const auto seconds = ParseInt(*expires);
  // FromMillis must hold the end in milliseconds.
  if (!seconds || *seconds < 0 || *seconds > 253'402'300'799)
    return InvalidArgument("AccessDenied: Invalid date (should be seconds since epoch): " +
                           *expires);

  Presented out;
  out.form = Presented::Form::kQueryV2;
  out.access_key = *Find(pairs, "AWSAccessKeyId");
  out.signature = *Find(pairs, "Signature");
  out.scope.service = "s3";
  out.expires_seconds = *seconds;
  for (const auto& [name, value] : pairs)
    if (EqualsIgnoreCase(name, "x-amz-security-token")) out.session_token = value;
  return out;
}

std::string StringToSignV2(const http::Request& request, std::string_view expires) {
  const auto query = ParseQuery(request.raw_query());
  const QueryPairs pairs = query.ok() ? *query : QueryPairs();
  // botocore moves Content-MD5 and Content-Type into the query string when the URL was made with
  // them.
  const auto field = [&](std::string_view name) -> std::string {
    if (const auto value = request.headers.Get(name)) return std::string(Trim(*value));
    for (const auto& [key, value] : pairs)
      if (EqualsIgnoreCase(key, name)) return value;
    return "";
  };
  std::string out =
      request.method + "\n" + field("content-md5") + "\n" + field("content-type") + "\n";
  out.append(expires).append("\n");
  return out + CanonicalAmzFields(request, pairs) + CanonicalResource(request, pairs);
}

Status VerifyQueryV2(const http::Request& request, const Presented& presented,
                     std::string_view secret_key, TimePoint now) {
  const std::int64_t expires = presented.expires_seconds.value_or(0);
  if (ToMillis(now) > expires * 1000) return PermissionDenied("AccessDenied: Request has expired");
  const std::string expected =
      Base64Encode(HmacSha1(secret_key, StringToSignV2(request, std::to_string(expires))));
  if (!ConstantTimeEquals(expected, presented.signature))
    return PermissionDenied(
        "SignatureDoesNotMatch: The request signature we calculated does not match the signature "
        "you provided. Check your key "
        "and signing method.");
  return Status::Ok();
}

}  // namespace sagebrush::aws
