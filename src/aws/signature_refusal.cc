// SPDX-License-Identifier: Apache-2.0
#include "aws/signature_refusal.h"

#include "aws/internal/sigv4_checks.h"
#include "aws/sigv2_query.h"
#include "aws/sigv4_canonical.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

// "47 45 54": for those whose terminal hides a blank.
std::string BytesOf(std::string_view text) {
  const std::string hex = HexEncode(text);
  std::string out;
  out.reserve(hex.size() * 3 / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (i > 0) out += ' ';
    out.append(hex, i, 2);
  }
  return out;
}

void Add(const std::string& name, const std::string& text, Json* extra) {
  (*extra)[name] = text;
  (*extra)[name + "Bytes"] = BytesOf(text);
}

}  // namespace

Error WithSignature(Error error, const http::Request& request, const Presented& presented,
                    std::string_view payload_hash, TimePoint now) {
  const bool is_v2 = presented.form == Presented::Form::kQueryV2;
  const std::int64_t expires = presented.expires_seconds.value_or(0);
  if (error.message == kRequestExpired) {
    const TimePoint start = is_v2 ? FromMillis(0) : presented.signed_at;
    if (!is_v2) error.extra["X-Amz-Expires"] = std::to_string(expires);
    error.extra["Expires"] = FormatIso8601(start + std::chrono::seconds(expires));
    error.extra["ServerTime"] = FormatIso8601(now);
  } else if (error.message == kHeadersNotSigned) {
    error.extra["HeadersNotSigned"] = Join(internal::HeadersNotSigned(request, presented), ", ");
  } else if (error.code == "SignatureDoesNotMatch") {
    error.extra["AWSAccessKeyId"] = presented.access_key;
    error.extra["SignatureProvided"] = presented.signature;
    if (is_v2) {
      Add("StringToSign", StringToSignV2(request, std::to_string(expires)), &error.extra);
      return error;
    }
    const std::string path = internal::CanonicalPath(request.raw_path(), presented.scope.service),
                      query = internal::CanonicalQuery(request.raw_query()),
                      hash = internal::SignedPayloadHash(request, presented, payload_hash);
    const std::string canonical =
        internal::CanonicalRequest(request, {.path = path,
                                             .query = query,
                                             .signed_headers = &presented.signed_headers,
                                             .payload_hash = hash});
    Add("StringToSign", internal::StringToSign(presented.signed_at, presented.scope, canonical),
        &error.extra);
    Add("CanonicalRequest", canonical, &error.extra);
  }
  return error;
}

}  // namespace sagebrush::aws
