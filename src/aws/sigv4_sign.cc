// SPDX-License-Identifier: Apache-2.0
// The client's side of Signature Version 4, and the key that both sides derive.
#include <algorithm>

#include "aws/sigv4.h"
#include "aws/sigv4_canonical.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string ScopeText(const CredentialScope& scope) {
  return scope.date + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

// What a proxy or the HTTP client itself may add or change stays unsigned, as in botocore.
bool MayBeSigned(std::string_view lower_case_name) {
  constexpr std::string_view kLeftOut[] = {
      "authorization", "connection",        "expect",     "te",
      "trailer",       "transfer-encoding", "user-agent", "x-amzn-trace-id"};
  return std::ranges::find(kLeftOut, lower_case_name) == std::end(kLeftOut);
}

std::string Signature(const http::Request& request, const internal::CanonicalParts& parts,
                      const CredentialScope& scope, std::string_view secret_key, TimePoint now) {
  const std::string canonical = internal::CanonicalRequest(request, parts);
  return HexEncode(
      HmacSha256(SigningKey(secret_key, scope), internal::StringToSign(now, scope, canonical)));
}

}  // namespace

namespace internal {

std::string StringToSign(TimePoint signed_at, const CredentialScope& scope,
                         std::string_view canonical_request) {
  return std::string(kAlgorithm) + "\n" + FormatBasic(signed_at) + "\n" + ScopeText(scope) + "\n" +
         HexEncode(Sha256(canonical_request));
}

}  // namespace internal

std::string SigningKey(std::string_view secret_key, const CredentialScope& scope) {
  const std::string date = HmacSha256("AWS4" + std::string(secret_key), scope.date);
  const std::string region = HmacSha256(date, scope.region);
  const std::string service = HmacSha256(region, scope.service);
  return HmacSha256(service, "aws4_request");
}

void Sign(http::Request* request, const Credentials& credentials, const std::string& region,
          const std::string& service, std::string_view payload_hash, TimePoint now) {
  const CredentialScope scope{FormatBasic(now).substr(0, 8), region, service};
  request->headers.Remove("Authorization");
  request->headers.Set("X-Amz-Date", FormatBasic(now));
  request->headers.Set("X-Amz-Content-Sha256", std::string(payload_hash));
  if (credentials.session_token.empty()) {
    request->headers.Remove("X-Amz-Security-Token");
  } else {
    request->headers.Set("X-Amz-Security-Token", credentials.session_token);
  }

  std::vector<std::string> names;
  for (const auto& [name, value] : request->headers) {
    std::string lower = ToLower(name);
    if (MayBeSigned(lower)) names.push_back(std::move(lower));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());

  const std::string path = internal::CanonicalPath(request->raw_path(), service);
  const std::string query = internal::CanonicalQuery(request->raw_query());
  const std::string signature = Signature(
      *request,
      {.path = path, .query = query, .signed_headers = &names, .payload_hash = payload_hash}, scope,
      credentials.secret_key, now);
  request->headers.Set("Authorization",
                       std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" +
                           ScopeText(scope) + ", SignedHeaders=" + Join(names, ";") +
                           ", Signature=" + signature);
}

std::string Presign(const http::Request& request, const Credentials& credentials,
                    const std::string& region, const std::string& service,
                    std::int64_t expires_seconds, TimePoint now) {
  const CredentialScope scope{FormatBasic(now).substr(0, 8), region, service};
  std::string query(request.raw_query());
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    query.append(name).append("=").append(PercentEncode(value));
  };
  add("X-Amz-Algorithm", kAlgorithm);
  add("X-Amz-Credential", credentials.access_key + "/" + ScopeText(scope));
  add("X-Amz-Date", FormatBasic(now));
  add("X-Amz-Expires", std::to_string(expires_seconds));
  add("X-Amz-SignedHeaders", "host");
  if (!credentials.session_token.empty()) add("X-Amz-Security-Token", credentials.session_token);

  const std::vector<std::string> names = {"host"};
  const std::string path = internal::CanonicalPath(request.raw_path(), service);
  const std::string canonical_query = internal::CanonicalQuery(query);
  const std::string signature =
      Signature(request,
                {.path = path,
                 .query = canonical_query,
                 .signed_headers = &names,
                 .payload_hash = service == "s3" ? kUnsignedPayload : kEmptyPayloadHash},
                scope, credentials.secret_key, now);
  const std::string_view raw_path = request.raw_path();
  return std::string(raw_path.empty() ? "/" : raw_path) + "?" + query +
         "&X-Amz-Signature=" + signature;
}

}  // namespace sagebrush::aws
