// SPDX-License-Identifier: Apache-2.0
#include "services/s3/range.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"

namespace sagebrush::services::s3 {

namespace {

struct Bounds {
  std::optional<std::uint64_t> first, last;
};

// "bytes=1-2", "bytes=1-", "bytes=-2"; nothing for anything else.
std::optional<Bounds> ParseBounds(std::string_view text) {
  text = Trim(text);
  if (!EqualsIgnoreCase(text.substr(0, 6), "bytes=")) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first = Trim(text.substr(0, dash)), last = Trim(text.substr(dash + 1));
  Bounds bounds{ParseUint(first), ParseUint(last)};
  if ((!first.empty() && !bounds.first) || (!last.empty() && !bounds.last)) return std::nullopt;
  if (!bounds.first && !bounds.last) return std::nullopt;
  if (bounds.first && bounds.last && *bounds.first > *bounds.last) return std::nullopt;
  return bounds;
}

}  // namespace

RangeAnswer AnswerRange(std::string_view header, std::uint64_t size) {
  using Kind = RangeAnswer::Kind;
  const RangeAnswer whole{Kind::kWhole, {0, size}};
  const auto bounds = ParseBounds(header);
  if (!bounds) return whole;
  if (!bounds->first) {
    const std::uint64_t length = std::min(*bounds->last, size);
    if (length == 0) return {Kind::kUnsatisfiable, {}};
    return {Kind::kPart, {size - length, length}};
  }
  if (*bounds->first >= size) return {Kind::kUnsatisfiable, {}};
  const std::uint64_t last = std::min(bounds->last.value_or(size - 1), size - 1);
  return {Kind::kPart, {*bounds->first, last - *bounds->first + 1}};
}

std::string ContentRange(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.offset) + "-" +
         std::to_string(range.offset + range.length - 1) + "/" + std::to_string(size);
}

bool ParseCopyRange(std::string_view text, ByteRange* range) {
  const auto bounds = ParseBounds(text);
  if (!bounds || !bounds->first || !bounds->last) return false;
  *range = {*bounds->first, *bounds->last - *bounds->first + 1};
  return *bounds->last != UINT64_MAX;
}

}  // namespace sagebrush::services::s3
