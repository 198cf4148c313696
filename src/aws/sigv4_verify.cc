// SPDX-License-Identifier: Apache-2.0
// The server's side of Signature Version 4. Source of the sentences: what AWS answers (S3 and the
// others differ).
#include <algorithm>

#include "aws/internal/sigv4_checks.h"
#include "aws/sigv2_query.h"
#include "aws/sigv4.h"
#include "aws/sigv4_canonical.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kAllowedSkew{15};

bool CouldBeRegion(std::string_view region) {
  // us-west-2, ap-southeast-1, us-gov-east-1; "aws-global" and the like come from old STS
  // endpoints.
  return !region.empty() && region.size() <= 32 && region.find('-') != std::string_view::npos &&
         std::all_of(region.begin(), region.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Status CheckDate(const Presented& presented) {
  const std::string basic = FormatBasic(presented.signed_at);
  if (basic.substr(0, 8) == presented.scope.date) return Status::Ok();
  return InvalidArgument(
      "SignatureDoesNotMatch: Date in Credential scope does not match YYYYMMDD from ISO-8601 "
      "version of date "
      "from HTTP: '" +
      presented.scope.date + "' != '" + basic.substr(0, 8) + "', from '" + basic + "'.");
}

Status SignatureExpired(TimePoint signed_at, TimePoint limit, TimePoint now) {
  return PermissionDenied("SignatureDoesNotMatch: Signature expired: " + FormatBasic(signed_at) +
                          " is now earlier than " + FormatBasic(limit) + " (" + FormatBasic(now) +
                          " - 15 min.)");
}

Status SignatureNotYetCurrent(TimePoint signed_at, TimePoint limit, TimePoint now) {
  return PermissionDenied(
      "SignatureDoesNotMatch: Signature not yet current: " + FormatBasic(signed_at) +
      " is still later than " + FormatBasic(limit) + " (" + FormatBasic(now) + " + 15 min.)");
}

Status CheckTime(const Presented& presented, TimePoint now) {
  const bool is_s3 = presented.scope.service == "s3";
  const TimePoint signed_at = presented.signed_at;
  const bool is_early = signed_at > now + kAllowedSkew;
  if (presented.form == Presented::Form::kQuery) {
    if (is_early)
      return is_s3 ? PermissionDenied("AccessDenied: Request is not yet valid")
                   : SignatureNotYetCurrent(signed_at, now + kAllowedSkew, now);
    if (now > signed_at + seconds(presented.expires_seconds.value_or(0)))
      return is_s3 ? PermissionDenied("AccessDenied: " + std::string(kRequestExpired))
                   : PermissionDenied(
                         "SignatureDoesNotMatch: Signature expired: " + FormatBasic(signed_at) +
                         " is now earlier than " +
                         FormatBasic(now - seconds(presented.expires_seconds.value_or(0))) + " (" +
                         FormatBasic(now) + " - " +
                         std::to_string(presented.expires_seconds.value_or(0)) + " sec.)");
    return Status::Ok();
  }
  const bool is_late = signed_at < now - kAllowedSkew;
  if (!is_early && !is_late) return Status::Ok();
  if (is_s3)
    return PermissionDenied(
        "RequestTimeTooSkewed: The difference between the request time and the current time is too "
        "large.");
  return is_late ? SignatureExpired(signed_at, now - kAllowedSkew, now)
                 : SignatureNotYetCurrent(signed_at, now + kAllowedSkew, now);
}

}  // namespace

namespace internal {

// S3 refuses a request with an x-amz-* field that its signature does not cover, but for one that a presigned URL's sender adds
// of herself. Of the others we ask it for the one field that says what the request does.
std::vector<std::string> HeadersNotSigned(const http::Request& request,
                                          const Presented& presented) {
  const bool is_s3 = presented.scope.service == "s3";
  const bool is_presigned = presented.form == Presented::Form::kQuery;
  std::vector<std::string> unsigned_headers;
  for (const auto& [name, value] : request.headers) {
    std::string lower = ToLower(name);
    const bool must_be_signed = is_s3 ? lower.starts_with("x-amz-") : lower == "x-amz-target";
    if (!must_be_signed || (is_s3 && is_presigned && lower == "x-amz-content-sha256")) continue;
    if (!std::binary_search(presented.signed_headers.begin(), presented.signed_headers.end(),
                            lower))
      unsigned_headers.push_back(std::move(lower));
  }
  std::sort(unsigned_headers.begin(), unsigned_headers.end());
  return unsigned_headers;
}

std::string SignedPayloadHash(const http::Request& request, const Presented& presented,
                              std::string_view payload_hash) {
  if (presented.form != Presented::Form::kQuery || presented.scope.service != "s3")
    return std::string(payload_hash);
  constexpr std::string_view kHeader = "x-amz-content-sha256";
  if (request.headers.Has(kHeader) &&
      std::binary_search(presented.signed_headers.begin(), presented.signed_headers.end(), kHeader))
    return std::string(payload_hash);
  const auto query = ParseQuery(request.raw_query());
  if (query.ok())
    for (const auto& [name, value] : *query)
      if (name == "X-Amz-Content-Sha256") return value;
  return std::string(kUnsignedPayload);
}

}  // namespace internal

Status CheckScope(const Presented& presented, std::string_view service) {
  if (presented.form == Presented::Form::kQueryV2) return Status::Ok();
  if (presented.scope.service != service)
    return InvalidArgument(
        "SignatureDoesNotMatch: Credential should be scoped to correct service: '" +
        std::string(service) + "'.");
  if (!CouldBeRegion(presented.scope.region))
    return InvalidArgument("SignatureDoesNotMatch: Credential should be scoped to a valid region.");
  return Status::Ok();
}

Status Verify(const http::Request& request, const Presented& presented, std::string_view secret_key,
              std::string_view payload_hash, TimePoint now, std::string_view signing_key) {
  if (presented.form == Presented::Form::kQueryV2)
    return VerifyQueryV2(request, presented, secret_key, now);
  RETURN_IF_ERROR(CheckDate(presented));
  RETURN_IF_ERROR(CheckTime(presented, now));
  if (!internal::HeadersNotSigned(request, presented).empty())
    return PermissionDenied("AccessDenied: " + std::string(kHeadersNotSigned));

  const std::string hash = internal::SignedPayloadHash(request, presented, payload_hash);
  const std::string query = internal::CanonicalQuery(request.raw_query());
  const std::string key =
      signing_key.empty() ? SigningKey(secret_key, presented.scope) : std::string(signing_key);
  const auto matches = [&](const std::string& path) {
    const std::string canonical =
        internal::CanonicalRequest(request, {.path = path,
                                             .query = query,
                                             .signed_headers = &presented.signed_headers,
                                             .payload_hash = hash});
    const std::string expected = HexEncode(
        HmacSha256(key, internal::StringToSign(presented.signed_at, presented.scope, canonical)));
    return ConstantTimeEquals(expected, presented.signature);
  };

  const std::string path = internal::CanonicalPath(request.raw_path(), presented.scope.service);
  if (matches(path)) return Status::Ok();
  if (presented.scope.service == "s3") {
    // Some clients sign the encoded path but send '=' or '+' as they are. The object named is the
    // same, so either may be signed.
    const auto decoded = PercentDecode(path);
    const std::string encoded = decoded.ok() ? PercentEncode(*decoded, /*keep_slash=*/true) : path;
    if (encoded != path && matches(encoded)) return Status::Ok();
  }
  return PermissionDenied(
      presented.scope.service == "s3"
          ? "SignatureDoesNotMatch: The request signature we calculated does not match the "
            "signature you provided. Check your key "
            "and signing method."
          : "SignatureDoesNotMatch: The request signature we calculated does not match the "
            "signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.");
}

}  // namespace sagebrush::aws
