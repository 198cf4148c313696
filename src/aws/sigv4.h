// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4, both sides: the server checks, the agent signs. Source: AWS General
// Reference, "Signature Version 4 signing process"; S3's variants (path encoded once,
// UNSIGNED-PAYLOAD, STREAMING-*) from the S3 API reference. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "http/message.h"

namespace sagebrush::aws {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // "" for long-lived keys
};

struct CredentialScope {
  std::string date;  // 20261124
  std::string region;
  std::string service;
};

// Where a request says who sent it, before anything is believed.
struct Presented {
  // kQueryV2 is boto3's default presigned URL for a custom endpoint (aws/sigv2_query.h): S3 only,
  // no scope.
  enum class Form { kHeader, kQuery, kQueryV2 };
  Form form = Form::kHeader;
  std::string access_key;
  CredentialScope scope;
  std::vector<std::string> signed_headers;
  std::string signature;
  std::string session_token;
  // kQueryV2 tells only its end: signed at 1970, good for `expires_seconds` from then.
  TimePoint signed_at{};
  std::optional<std::int64_t> expires_seconds;  // kQuery, kQueryV2
};

// What the request presents; nothing for an anonymous one. A broken one is kInvalidArgument with
// AWS's sentence (IncompleteSignature / AuthorizationQueryParametersError at the front of the
// message, then ": "). The scope's own sense (its service and region) is CheckScope's business, its
// date Verify's.
Result<std::optional<Presented>> ParsePresented(const http::Request& request);

// Whether the scope names the service that the request was routed to, and a region that could
// exist. kQueryV2 has none and passes. kInvalidArgument, coded as below.
Status CheckScope(const Presented& presented, std::string_view service);

// Checks the signature, in any form, against the secret. `payload_hash` is x-amz-content-sha256
// where the request has one (the caller checks the body against it), else the hex SHA-256 of the
// body; S3's presigned URLs sign no body, and without that header signed it is not looked at for them.
// Errors are kPermissionDenied (a broken scope: kInvalidArgument) and carry AWS's code at the front
// of the message: "SignatureDoesNotMatch: …", "RequestTimeTooSkewed: …", "ExpiredToken: …" (expired
// presigned: "AccessDenied: Request has expired").
// `signing_key` is SigningKey of the secret and the scope where the caller has kept it, else empty.
Status Verify(const http::Request& request, const Presented& presented, std::string_view secret_key,
              std::string_view payload_hash, TimePoint now, std::string_view signing_key = {});

// Adds X-Amz-Date, X-Amz-Security-Token, X-Amz-Content-Sha256 and Authorization. `request.headers`
// must have Host.
void Sign(http::Request* request, const Credentials& credentials, const std::string& region,
          const std::string& service, std::string_view payload_hash, TimePoint now);

// A presigned URL's path and query for GET or PUT of S3.
std::string Presign(const http::Request& request, const Credentials& credentials,
                    const std::string& region, const std::string& service,
                    std::int64_t expires_seconds, TimePoint now);

// The key that signs, and the seed signature, for checking aws-chunked bodies signed chunk by chunk
// (STREAMING-AWS4-HMAC-SHA256-*).
std::string SigningKey(std::string_view secret_key, const CredentialScope& scope);

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kEmptyPayloadHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

}  // namespace sagebrush::aws
