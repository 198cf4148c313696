// SPDX-License-Identifier: Apache-2.0
#include "services/s3/payload.h"

#include <algorithm>

#include "base/strings.h"
#include "objectstore/checksum.h"
#include "services/s3/errors.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxTrailers = 16;
constexpr std::string_view kChecksumHeader = "x-amz-checksum-";

Status Broken(std::string what) { return InvalidArgument("IncompleteBody: " + std::move(what)); }

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

}  // namespace

std::string ChecksumOfHeader(std::string_view header) {
  const std::string name = ToLower(Trim(header));
  if (!name.starts_with(kChecksumHeader)) return "";
  for (const std::string_view algorithm : objectstore::ChecksumAlgorithms())
    if (EqualsIgnoreCase(std::string_view{name}.substr(kChecksumHeader.size()), algorithm))
      return std::string(algorithm);
  return "";
}

aws::Outcome<PayloadPlan> PlanPayload(const http::Headers& headers,
                                      std::optional<std::uint64_t> content_length) {
  PayloadPlan plan;
  const std::string hash = headers.GetOr("x-amz-content-sha256", "");
  if (hash.starts_with("STREAMING-")) {
    plan.is_chunked = true;
    plan.has_signed_chunks = hash.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    plan.has_trailer = hash.ends_with("-TRAILER");
    const bool is_known = hash == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" ||
                          hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" ||
                          hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    if (!is_known) {  // AWS4-ECDSA-P256-SHA256: Signature Version 4A
      return MakeError("NotImplemented",
                       "Bodies of the kind " + hash.substr(0, 100) + " are not implemented.");
    }
    const auto decoded = ParseUint(headers.GetOr("x-amz-decoded-content-length", ""));
    if (!decoded) return MakeError("MissingContentLength");
    plan.length = decoded;
  } else {
    if (!content_length) return MakeError("MissingContentLength");
    plan.length = content_length;
    if (!hash.empty() && hash != "UNSIGNED-PAYLOAD") {
      if (hash.size() != 64 || !IsHex(hash))
        return InvalidArgumentError(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a "
            "valid sha256 value.",
            "x-amz-content-sha256", hash.substr(0, 200));
      plan.sha256 = ToLower(hash);
    }
  }
  if (const auto trailer = headers.Get("x-amz-trailer")) {
    plan.trailer_algorithm = ChecksumOfHeader(*trailer);
    if (plan.trailer_algorithm.empty() || !plan.has_trailer)
      return MakeError("InvalidRequest",
                       "The value specified in the x-amz-trailer header is not supported");
  }
  return plan;
}

ChunkDecoder::ChunkDecoder(bool has_trailer, std::optional<ChunkSigning> signing)
    : has_trailer_(has_trailer), signing_(std::move(signing)) {
  if (signing_) previous_signature_ = signing_->seed_signature;
}

Status ChunkDecoder::Decode(std::string_view input, const Sink& sink) {
  while (!input.empty()) {
    if (state_ == State::kDone) return Broken("bytes after the last chunk");
    if (state_ == State::kData) {
      const std::string_view data =
          input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
      if (chunk_hash_) chunk_hash_->Update(data);
      RETURN_IF_ERROR(sink(data));
      input.remove_prefix(data.size());
      left_ -= data.size();
      if (left_ == 0) state_ = State::kDataEnd;
      continue;
    }
    // All else comes in lines.
    const auto end = input.find('\n');
    line_ += input.substr(0, end);
    if (line_.size() > kMaxLine) return Broken("a line of the chunked body is too long");
    if (end == std::string_view::npos) return Status::Ok();
    input.remove_prefix(end + 1);
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    switch (state_) {
      case State::kSize:
        RETURN_IF_ERROR(ReadSizeLine());
        break;
      case State::kDataEnd:
        if (!line_.empty()) return Broken("a chunk is longer than its size says");
        RETURN_IF_ERROR(CheckChunk());
        state_ = State::kSize;
        break;
      case State::kTrailer:
        RETURN_IF_ERROR(ReadTrailerLine());
        break;
      default:
        break;
    }
    line_.clear();
  }
  return Status::Ok();
}

// "400;chunk-signature=…"
Status ChunkDecoder::ReadSizeLine() {
  const auto semicolon = line_.find(';');
  const std::string size = std::string(Trim(std::string_view{line_}.substr(0, semicolon)));
  if (size.empty() || size.size() > 15 || !IsHex(size))
    return Broken("a chunk's size is not a hexadecimal number");
  left_ = std::stoull(size, nullptr, 16);
  is_last_ = left_ == 0;
  signature_.clear();
  if (semicolon != std::string::npos) {
    constexpr std::string_view kName = "chunk-signature=";
    const std::string_view extension = Trim(std::string_view{line_}.substr(semicolon + 1));
    if (extension.starts_with(kName)) signature_ = extension.substr(kName.size());
  }
  if (signing_) chunk_hash_.emplace(HashKind::kSha256);
  if (!is_last_) {
    state_ = State::kData;
    return Status::Ok();
  }
  RETURN_IF_ERROR(CheckChunk());
  state_ = State::kTrailer;  // the empty line that ends the body comes with and without trailers
  return Status::Ok();
}

Status ChunkDecoder::ReadTrailerLine() {
  if (line_.empty()) {
    // minio-go ends what it signs with a line feed and the line with another: "crc32:…\n\r\nx-amz-trailer-signature:…".
    const bool awaits_signature = signing_ && has_trailer_ && !trailer_is_verified_;
    if (awaits_signature && !trailers_.empty() && !blank_seen_) {
      blank_seen_ = true;
      return Status::Ok();
    }
    if (awaits_signature)
      return PermissionDenied("SignatureDoesNotMatch: the trailer is not signed");
    state_ = State::kDone;
    return Status::Ok();
  }
  const auto colon = line_.find(':');
  if (!has_trailer_ || colon == std::string::npos || colon == 0 || trailers_.size() >= kMaxTrailers)
    return InvalidArgument("MalformedTrailerError: unexpected line after the last chunk");
  const std::string name = ToLower(Trim(std::string_view{line_}.substr(0, colon)));
  const std::string_view value = Trim(std::string_view{line_}.substr(colon + 1));
  if (name == "x-amz-trailer-signature") return CheckTrailer(value);
  if (!trailers_.emplace(name, value).second)
    return InvalidArgument("MalformedTrailerError: a trailer comes twice");
  signed_trailer_ += name + ":" + std::string(value) + "\n";
  return Status::Ok();
}

Status ChunkDecoder::CheckChunk() {
  if (!signing_) return Status::Ok();
  const std::string to_sign = "AWS4-HMAC-SHA256-PAYLOAD\n" + signing_->date + "\n" +
                              signing_->scope + "\n" + previous_signature_ + "\n" +
                              HexEncode(Sha256("")) + "\n" + HexEncode(chunk_hash_->Finish());
  chunk_hash_.reset();
  if (!ConstantTimeEquals(HexEncode(HmacSha256(signing_->signing_key, to_sign)), signature_))
    return PermissionDenied("SignatureDoesNotMatch: a chunk's signature is wrong");
  previous_signature_ = signature_;
  return Status::Ok();
}

Status ChunkDecoder::CheckTrailer(std::string_view signature) {
  if (!signing_) return Status::Ok();
  const std::string to_sign = "AWS4-HMAC-SHA256-TRAILER\n" + signing_->date + "\n" +
                              signing_->scope + "\n" + previous_signature_ + "\n" +
                              HexEncode(Sha256(signed_trailer_));
  if (!ConstantTimeEquals(HexEncode(HmacSha256(signing_->signing_key, to_sign)), signature))
    return PermissionDenied("SignatureDoesNotMatch: the trailer's signature is wrong");
  trailer_is_verified_ = true;
  return Status::Ok();
}

Status ChunkDecoder::Finish() const {
  // Nothing is missing if only the empty line at the very end is.
  const bool has_ended = state_ == State::kDone || (state_ == State::kTrailer && line_.empty());
  if (!has_ended) return Broken("the body ends within a chunk");
  if (signing_ && has_trailer_ && !trailer_is_verified_)
    return PermissionDenied("SignatureDoesNotMatch: the trailer is not signed");
  return Status::Ok();
}

}  // namespace sagebrush::services::s3
