// SPDX-License-Identifier: Apache-2.0
// The body of an upload as S3's clients wrap it: plain, or aws-chunked (chunks with or without a signature each, and
// checksums in a trailer). PayloadPlan is what the headers announce; ChunkDecoder undoes the wrapping piece by piece.
// Source: Amazon S3 API Reference, "Signature calculations … using multiple chunks", with and without trailing headers.
// Not synchronised; one decoder a request. Parses what the network sends: payload_fuzz.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "http/message.h"

namespace sagebrush::services::s3 {

struct PayloadPlan {
  bool is_chunked = false;  // aws-chunked
  bool has_signed_chunks = false;
  bool has_trailer = false;
  std::string sha256;                   // hex, of the body as sent; "" if it is not to be checked
  std::optional<std::uint64_t> length;  // of the bytes to store; always there after PlanPayload
  std::string
      trailer_algorithm;  // "CRC32" if x-amz-trailer announces x-amz-checksum-crc32; "" for none
};

// Refuses what S3 refuses: no length, an unknown kind of payload.
aws::Outcome<PayloadPlan> PlanPayload(const http::Headers& headers,
                                      std::optional<std::uint64_t> content_length);

// What signs each chunk.
struct ChunkSigning {
  std::string signing_key;     // aws::SigningKey
  std::string scope;           // "20261124/us-west-2/s3/aws4_request"
  std::string date;            // "20261124T201740Z"
  std::string seed_signature;  // the request's own
};

// "CRC32" of "x-amz-checksum-crc32"; "" if it is no checksum's header or one we do not have.
std::string ChecksumOfHeader(std::string_view header);

class ChunkDecoder {
 public:
  using Sink = std::function<Status(std::string_view)>;

  // `signing`: check each chunk's signature, and the trailer's.
  ChunkDecoder(bool has_trailer, std::optional<ChunkSigning> signing);

  // Decodes the next piece of the body and hands its data to `sink`. kInvalidArgument, coded "IncompleteBody",
  // "MalformedTrailerError" or "InvalidRequest"; kPermissionDenied "SignatureDoesNotMatch".
  Status Decode(std::string_view input, const Sink& sink);
  // After the body's last byte: kInvalidArgument "IncompleteBody" if something is missing.
  Status Finish() const;

  // Trailing headers, names in lower case.
  const std::map<std::string, std::string>& trailers() const { return trailers_; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone };
  Status ReadSizeLine();
  Status ReadTrailerLine();
  Status CheckChunk();
  Status CheckTrailer(std::string_view signature);

  const bool has_trailer_;
  const std::optional<ChunkSigning> signing_;
  State state_ = State::kSize;
  std::string line_;        // bounded
  std::uint64_t left_ = 0;  // of the chunk's data
  bool is_last_ = false;
  std::string signature_;  // the current chunk's
  std::string previous_signature_;
  std::optional<Hasher> chunk_hash_;
  std::map<std::string, std::string> trailers_;
  std::string signed_trailer_;  // "name:value\n" …
  bool trailer_is_verified_ = false;
  bool blank_seen_ = false;  // between the trailers and their signature
};

}  // namespace sagebrush::services::s3
