// SPDX-License-Identifier: Apache-2.0
#include "aws/error.h"

#include <algorithm>
#include <iterator>

namespace sagebrush::aws {

namespace {

struct Spelling {
  Fault fault;
  std::string_view json;
  std::string_view query;
  std::string_view s3;
};

// AWS's "Common Errors" pages of each service's API reference, and S3's "Error Responses".
constexpr Spelling kSpellings[] = {
    {Fault::kAccessDenied, "AccessDeniedException", "AccessDenied", "AccessDenied"},
    {Fault::kInvalidSignature, "InvalidSignatureException", "SignatureDoesNotMatch",
     "SignatureDoesNotMatch"},
    {Fault::kUnknownKey, "UnrecognizedClientException", "InvalidClientTokenId",
     "InvalidAccessKeyId"},
    {Fault::kExpiredToken, "ExpiredTokenException", "ExpiredToken", "ExpiredToken"},
    {Fault::kInvalidToken, "UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"},
    {Fault::kNoCredentials, "MissingAuthenticationTokenException", "MissingAuthenticationToken",
     "AccessDenied"},
    {Fault::kIncompleteSignature, "IncompleteSignatureException", "IncompleteSignature",
     "AuthorizationHeaderMalformed"},
    {Fault::kTimeSkewed, "InvalidSignatureException", "SignatureDoesNotMatch",
     "RequestTimeTooSkewed"},
    {Fault::kValidation, "ValidationException", "ValidationError", "InvalidArgument"},
    {Fault::kMalformed, "SerializationException", "MalformedInput", "MalformedXML"},
    {Fault::kUnknownOperation, "UnknownOperationException", "InvalidAction", "MethodNotAllowed"},
    {Fault::kNotImplemented, "UnknownOperationException", "InvalidAction", "NotImplemented"},
    {Fault::kThrottled, "ThrottlingException", "Throttling", "SlowDown"},
    {Fault::kTooLarge, "RequestEntityTooLargeException", "RequestEntityTooLarge", "EntityTooLarge"},
    {Fault::kUnavailable, "ServiceUnavailableException", "ServiceUnavailable",
     "ServiceUnavailable"},
    {Fault::kInternal, "InternalFailure", "InternalFailure", "InternalError"},
};

// The codes that sigv4 and others put in front of a message.
struct Coded {
  std::string_view code;
  Fault fault;
};
constexpr Coded kCoded[] = {
    {"SignatureDoesNotMatch", Fault::kInvalidSignature},
    {"RequestTimeTooSkewed", Fault::kTimeSkewed},
    {"ExpiredToken", Fault::kExpiredToken},
    {"InvalidToken", Fault::kInvalidToken},
    {"InvalidAccessKeyId", Fault::kUnknownKey},
    {"InvalidClientTokenId", Fault::kUnknownKey},
    {"IncompleteSignature", Fault::kIncompleteSignature},
    {"MissingAuthenticationToken", Fault::kNoCredentials},
    {"AccessDenied", Fault::kAccessDenied},
};

// S3 has sentences of its own for what the others' share ("Error Responses" of its API reference).
struct Sentence {
  Fault fault;
  std::string_view text;
};
constexpr Sentence kS3Sentences[] = {
    {Fault::kUnknownKey, "The AWS Access Key Id you provided does not exist in our records."},
    {Fault::kTimeSkewed,
     "The difference between the request time and the current time is too large."},
    {Fault::kExpiredToken, "The provided token has expired."},
    {Fault::kInvalidToken, "The provided token is malformed or otherwise invalid."},
};

struct StatusRow {
  std::string_view code;
  int status;
};

// json 1.x and CBOR answer 400 to everything that is the caller's fault; these are the others.
constexpr StatusRow kServerFaults[] = {
    {"InternalFailure", 500},         {"InternalServerError", 500},
    {"InternalServerException", 500}, {"InternalError", 500},
    {"ServiceUnavailable", 503},      {"ServiceUnavailableException", 503},
    {"ServiceFailure", 500},          {"RequestEntityTooLargeException", 413},
    {"RequestEntityTooLarge", 413},
};
constexpr StatusRow kForbidden[] = {
    // rest-json and query, where 403 is used
    {"AccessDeniedException", 403},
    {"InvalidSignatureException", 403},
    {"UnrecognizedClientException", 403},
    {"ExpiredTokenException", 403},
    {"MissingAuthenticationTokenException", 403},
    {"IncompleteSignatureException", 403},
    {"AccessDenied", 403},
    {"SignatureDoesNotMatch", 403},
    {"InvalidClientTokenId", 403},
    {"ExpiredToken", 403},
    {"MissingAuthenticationToken", 403},
    {"UnknownOperationException", 404},
};
constexpr StatusRow kS3[] = {
    // S3 API reference, "List of error codes"; what is not here is 400
    {"AccessDenied", 403},
    {"AccountProblem", 403},
    {"AllAccessDisabled", 403},
    {"BucketAlreadyExists", 409},
    {"BucketAlreadyOwnedByYou", 409},
    {"BucketNotEmpty", 409},
    {"ConditionalRequestConflict", 409},
    {"CrossLocationLoggingProhibited", 403},
    {"Forbidden", 403},
    {"InternalError", 500},
    {"InvalidAccessKeyId", 403},
    {"InvalidBucketState", 409},
    {"InvalidObjectState", 403},
    {"InvalidPayer", 403},
    {"InvalidRange", 416},
    {"InvalidSecurity", 403},
    {"MethodNotAllowed", 405},
    {"MissingContentLength", 411},
    {"NoSuchBucket", 404},
    {"NoSuchBucketPolicy", 404},
    {"NoSuchCORSConfiguration", 404},
    {"NoSuchKey", 404},
    {"NoSuchLifecycleConfiguration", 404},
    {"NoSuchTagSet", 404},
    {"NoSuchUpload", 404},
    {"NoSuchVersion", 404},
    {"NoSuchWebsiteConfiguration", 404},
    {"NoSuchConfiguration", 404},
    {"NoSuchPublicAccessBlockConfiguration", 404},
    {"NoSuchObjectLockConfiguration", 404},
    {"ObjectLockConfigurationNotFoundError", 404},
    {"OwnershipControlsNotFoundError", 404},
    {"ReplicationConfigurationNotFoundError", 404},
    {"ServerSideEncryptionConfigurationNotFoundError", 404},
    {"NotImplemented", 501},
    {"NotFound", 404},
    {"NotModified", 304},
    {"NotSignedUp", 403},
    {"OperationAborted", 409},
    {"PermanentRedirect", 301},
    {"PreconditionFailed", 412},
    {"RequestTimeTooSkewed", 403},
    {"ServiceUnavailable", 503},
    {"SignatureDoesNotMatch", 403},
    {"SlowDown", 503},
    {"TemporaryRedirect", 307},
};

template <std::size_t N>
int Lookup(const StatusRow (&rows)[N], std::string_view code) {
  const auto* it = std::find_if(std::begin(rows), std::end(rows),
                                [&](const StatusRow& row) { return row.code == code; });
  return it == std::end(rows) ? 0 : it->status;
}

int CommonStatus(Protocol protocol, std::string_view code) {
  if (protocol == Protocol::kRestXml) {
    const int status = Lookup(kS3, code);
    return status == 0 ? 400 : status;
  }
  if (const int status = Lookup(kServerFaults, code); status != 0) return status;
  if (protocol == Protocol::kJson || protocol == Protocol::kCbor) return 400;
  const int status = Lookup(kForbidden, code);
  return status == 0 ? 400 : status;
}

// "AccessDenied" of "AccessDeniedException"; a code that is nobody's stays as it is.
std::string_view QuerySpelling(std::string_view code) {
  const auto* it = std::find_if(std::begin(kSpellings), std::end(kSpellings),
                                [&](const Spelling& row) { return row.json == code; });
  return it == std::end(kSpellings) ? code : it->query;
}

const Shape* FindException(const Service* service, std::string_view code) {
  if (service == nullptr) return nullptr;
  for (const Shape& shape : service->shapes)
    if (shape.Is(Shape::kException) &&
        (shape.name == code || (!shape.error_code.empty() && shape.error_code == code)))
      return &shape;
  return nullptr;
}

Fault FaultOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
      return Fault::kValidation;
    case Code::kPermissionDenied:
      return Fault::kAccessDenied;
    case Code::kResourceExhausted:
      return Fault::kThrottled;
    case Code::kUnimplemented:
      return Fault::kNotImplemented;
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
    case Code::kCancelled:
      return Fault::kUnavailable;
    case Code::kOk:
    case Code::kDataLoss:
    case Code::kInternal:
      break;
  }
  return Fault::kInternal;
}

}  // namespace

Error MakeError(Protocol protocol, Fault fault, std::string message) {
  const auto* it = std::find_if(std::begin(kSpellings), std::end(kSpellings),
                                [&](const Spelling& s) { return s.fault == fault; });
  switch (protocol) {
    case Protocol::kRestXml:
      return {std::string(it->s3), std::move(message)};
    case Protocol::kQuery:
      return {std::string(it->query), std::move(message)};
    default:
      return {std::string(it->json), std::move(message)};
  }
}

Error FromStatus(Protocol protocol, const Status& status) {
  return MakeError(protocol, FaultOf(status.code()), status.message());
}

Error FromCodedStatus(Protocol protocol, const Status& status) {
  const std::string& message = status.message();
  const std::size_t colon = message.find(": ");
  if (colon == std::string::npos) return FromStatus(protocol, status);
  const std::string_view code = std::string_view(message).substr(0, colon);
  std::string words = message.substr(colon + 2);
  for (const Coded& row : kCoded) {
    if (row.code != code) continue;
    if (protocol == Protocol::kRestXml)
      for (const Sentence& sentence : kS3Sentences)
        if (sentence.fault == row.fault) words = sentence.text;
    return MakeError(protocol, row.fault, std::move(words));
  }
  const bool is_one_word = !code.empty() && code.find_first_of(" '/") == std::string_view::npos;
  return is_one_word && status.code() != Code::kInternal
             ? Error{std::string(code), std::move(words)}
             : FromStatus(protocol, status);
}

Error NotImplemented(Protocol protocol, const Operation& operation) {
  return MakeError(
      protocol, Fault::kNotImplemented,
      "The operation " + std::string(operation.name) +
          " is not implemented by this server; docs/coverage.md lists those that are.");
}

Error NotImplementedHeader(std::string_view header) {
  return {"NotImplemented", "A header you provided implies functionality that is not implemented",
          501, Json::Object({{"Header", header}})};
}

Error UnknownOperation(Protocol protocol, std::string_view name) {
  switch (protocol) {
    case Protocol::kQuery:
      return MakeError(protocol, Fault::kUnknownOperation,
                       "Could not find operation " + std::string(name));
    case Protocol::kRestXml:
      return MakeError(protocol, Fault::kUnknownOperation,
                       "The specified method is not allowed against this resource.");
    default:
      return MakeError(protocol, Fault::kUnknownOperation,
                       name.empty() ? std::string("The request names no operation of this service.")
                                    : "Unknown operation " + std::string(name));
  }
}

WireError Resolve(const Service* service, Protocol protocol, const Error& error) {
  WireError wire;
  wire.code = error.code;
  wire.shape = FindException(service, error.code);
  const bool has_old_code = wire.shape != nullptr && !wire.shape->error_code.empty();
  // A service that spoke query once: its old codes and statuses stay with query, and clients of its
  // other protocols read the old code from a header.
  const bool is_modern =
      service != nullptr && service->is_query_compatible && protocol != Protocol::kQuery;
  if (is_modern) {
    if (wire.shape != nullptr) wire.code = wire.shape->name;
    wire.query_code = has_old_code ? wire.shape->error_code : QuerySpelling(wire.code);
  } else if (has_old_code) {
    wire.code = wire.shape->error_code;
  }
  wire.http_status = error.http_status;
  if (wire.http_status == 0 && wire.shape != nullptr && !(is_modern && has_old_code))
    wire.http_status = wire.shape->error_status;
  if (wire.http_status == 0 && wire.shape != nullptr && wire.shape->Is(Shape::kServerFault))
    wire.http_status = 500;
  if (wire.http_status == 0) wire.http_status = CommonStatus(protocol, wire.code);
  wire.is_sender_fault = wire.http_status < 500;
  return wire;
}

}  // namespace sagebrush::aws
