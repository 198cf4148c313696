// SPDX-License-Identifier: Apache-2.0
// The Range header as S3 reads it: one range of bytes; anything else counts as not sent. Pure functions.
// Source: RFC 9110, 14.1.2, and Amazon S3 API Reference, GetObject ("does not support retrieving multiple ranges").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sagebrush::services::s3 {

struct ByteRange {
  std::uint64_t offset = 0, length = 0;
};

struct RangeAnswer {
  enum class Kind { kWhole, kPart, kUnsatisfiable };
  Kind kind = Kind::kWhole;
  ByteRange range;
};

// `header` may be empty.
RangeAnswer AnswerRange(std::string_view header, std::uint64_t size);

// "bytes 0-9/100"
std::string ContentRange(const ByteRange& range, std::uint64_t size);

// x-amz-copy-source-range: "bytes=a-b" and nothing else; false if it is not that.
bool ParseCopyRange(std::string_view text, ByteRange* range);

}  // namespace sagebrush::services::s3
