// SPDX-License-Identifier: Apache-2.0
#include "services/s3/receive.h"

#include <optional>
#include <vector>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/strings.h"
#include "objectstore/checksum.h"
#include "services/s3/errors.h"
#include "services/s3/payload.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::size_t kBuffer = 256 << 10;

aws::Error BadChecksum(std::string_view algorithm) {
  return MakeError("BadDigest", "The " + std::string(algorithm) +
                                    " you specified did not match the calculated checksum.");
}

bool IsChecksum(std::string_view algorithm, std::string_view value) {
  const auto raw = Base64Decode(value);
  return raw.ok() && raw->size() == objectstore::ChecksumBytes(algorithm);
}

// Nothing: the body is not signed chunk by chunk.
aws::Outcome<std::optional<ChunkSigning>> SigningOf(const PayloadPlan& plan,
                                                    const http::Request& request,
                                                    const SecretLookup& secret_of) {
  if (!plan.has_signed_chunks) return std::optional<ChunkSigning>();
  if (secret_of == nullptr)
    return MakeError("NotImplemented", "Bodies signed chunk by chunk are not implemented.");
  auto presented = aws::ParsePresented(request);
  if (!presented.ok()) return aws::FromCodedStatus(aws::Protocol::kRestXml, presented.status());
  if (!presented->has_value()) return MakeError("AccessDenied");
  const aws::Presented& who = **presented;
  const auto secret = secret_of(who.access_key, who.session_token);
  if (!secret.ok()) return aws::FromCodedStatus(aws::Protocol::kRestXml, secret.status());
  return std::optional(ChunkSigning{
      aws::SigningKey(*secret, who.scope),
      who.scope.date + "/" + who.scope.region + "/" + who.scope.service + "/aws4_request",
      FormatBasic(who.signed_at), who.signature});
}

// A body that ends or stalls too early is the client's fault, and told as such if it still listens.
aws::Error BrokenBody(const Status& status) {
  if (status.code() == Code::kDeadlineExceeded)
    return MakeError(
        "RequestTimeout",
        "Your socket connection to the server was not read from or written to within the timeout "
        "period. Idle connections will be closed.");
  return MakeError("IncompleteBody");
}

}  // namespace

aws::Outcome<ChecksumClaim> ClaimOf(const Json& input) {
  ChecksumClaim claim;
  for (const std::string_view algorithm : objectstore::ChecksumAlgorithms()) {
    const Json* value = input.Find("Checksum" + std::string(algorithm));
    if (value == nullptr || !value->is_string()) continue;
    if (!claim.algorithm.empty())
      return MakeError(
          "InvalidRequest",
          "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    claim = {std::string(algorithm), value->AsString()};
  }
  if (!claim.algorithm.empty() && !IsChecksum(claim.algorithm, claim.value))
    return MakeError("InvalidRequest", "Value for x-amz-checksum-" + ToLower(claim.algorithm) +
                                           " header is invalid.");
  for (const char* unknown : {"SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"})
    if (input.Has("Checksum" + std::string(unknown)))
      return aws::NotImplementedHeader("x-amz-checksum-" + ToLower(unknown));
  return claim;
}

aws::Outcome<objectstore::Checksum> Receive(http::Exchange& exchange, const Json& input,
                                            const SecretLookup& secret_of,
                                            std::string_view algorithm, objectstore::Upload& upload,
                                            objectstore::ChecksumHasher* also) {
  const http::Request& request = exchange.request();
  ASSIGN_OR_RETURN(const PayloadPlan plan, PlanPayload(request.headers, exchange.content_length()));
  if (*plan.length > kMaxPut) {
    aws::Error error = MakeError("EntityTooLarge");
    error.extra["ProposedSize"] = std::to_string(*plan.length);
    error.extra["MaxSizeAllowed"] = std::to_string(kMaxPut);
    return error;
  }
  ASSIGN_OR_RETURN(ChecksumClaim claim, ClaimOf(input));
  if (!plan.trailer_algorithm.empty()) {
    if (!claim.algorithm.empty())
      return MakeError(
          "InvalidRequest",
          "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    claim.algorithm = plan.trailer_algorithm;
  }
  if (input.Has("ChecksumAlgorithm") && claim.algorithm.empty())
    return MakeError(
        "InvalidRequest",
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
        "x-amz-trailer headers were found.");
  std::string md5;
  if (input.Has("ContentMD5")) {
    const auto raw = Base64Decode(input.GetString("ContentMD5"));
    if (!raw.ok() || raw->size() != 16) {
      aws::Error error = MakeError("InvalidDigest");
      error.extra["Content-MD5"] = input.GetString("ContentMD5").substr(0, 200);
      return error;
    }
    md5 = *raw;
  }
  ASSIGN_OR_RETURN(auto signing, SigningOf(plan, request, secret_of));

  std::optional<Hasher> sha256;
  if (!plan.sha256.empty()) sha256.emplace(HashKind::kSha256);
  auto checksum =
      objectstore::ChecksumHasher::For(claim.algorithm.empty() ? algorithm : claim.algorithm);
  ChunkDecoder decoder(plan.has_trailer, std::move(signing));
  const auto store = [&](std::string_view data) -> Status {
    if (upload.size() + data.size() > *plan.length)
      return InvalidArgument("IncompleteBody: more bytes than announced");
    if (checksum) checksum->Update(data);
    if (also != nullptr) also->Update(data);
    return upload.Append(data);
  };
  std::vector<char> buffer(kBuffer);
  for (;;) {
    const auto count = exchange.Read(buffer.data(), buffer.size());
    if (!count.ok()) return BrokenBody(count.status());
    if (*count == 0) break;
    const std::string_view piece(buffer.data(), *count);
    if (sha256) sha256->Update(piece);
    const Status stored = plan.is_chunked ? decoder.Decode(piece, store) : store(piece);
    if (!stored.ok()) return ErrorOf(stored, SubjectOf(input));
  }
  if (plan.is_chunked) {
    if (const Status ended = decoder.Finish(); !ended.ok()) return ErrorOf(ended, SubjectOf(input));
  }
  if (upload.size() != *plan.length) return MakeError("IncompleteBody");
  if (sha256) {
    const std::string computed = HexEncode(sha256->Finish());
    if (computed != plan.sha256) {
      aws::Error error = MakeError("XAmzContentSHA256Mismatch");
      error.extra["ClientComputedContentSHA256"] = plan.sha256;
      error.extra["S3ComputedContentSHA256"] = computed;
      return error;
    }
  }
  if (!md5.empty() && upload.Md5() != md5) {
    aws::Error error = MakeError("BadDigest");
    error.extra["ExpectedDigest"] = HexEncode(md5);
    error.extra["CalculatedDigest"] = Base64Encode(upload.Md5());
    return error;
  }
  if (!checksum) return objectstore::Checksum{};
  if (!plan.trailer_algorithm.empty()) {
    const auto found = decoder.trailers().find("x-amz-checksum-" + ToLower(plan.trailer_algorithm));
    if (found == decoder.trailers().end()) return MakeError("MalformedTrailerError");
    claim.value = found->second;
    if (!IsChecksum(claim.algorithm, claim.value))
      return MakeError("InvalidRequest", "Value for x-amz-checksum-" + ToLower(claim.algorithm) +
                                             " trailing header is invalid.");
  }
  const objectstore::Checksum computed{std::string(checksum->algorithm()),
                                       Base64Encode(checksum->Finish()), "FULL_OBJECT"};
  if (!claim.value.empty() && claim.value != computed.value) return BadChecksum(claim.algorithm);
  return computed;
}

}  // namespace sagebrush::services::s3
