// SPDX-License-Identifier: Apache-2.0
#include "aws/required_checksum.h"

#include <string_view>

#include "base/strings.h"

namespace sagebrush::aws {

namespace {

constexpr std::string_view kPrefix = "x-amz-checksum-";

// "x-amz-checksum-crc32", but not those of the family that only speak of a checksum.
bool NamesChecksum(std::string_view name) {
  const std::string lower = ToLower(Trim(name));
  if (!lower.starts_with(kPrefix)) return false;
  const std::string_view rest = std::string_view(lower).substr(kPrefix.size());
  return !rest.empty() && rest != "algorithm" && rest != "type" && rest != "mode";
}

bool HasChecksum(const http::Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (EqualsIgnoreCase(name, "content-md5") || NamesChecksum(name)) return true;
    if (!EqualsIgnoreCase(name, "x-amz-trailer")) continue;
    for (const std::string_view trailer : Split(value, ','))
      if (NamesChecksum(trailer)) return true;
  }
  return false;
}

}  // namespace

std::optional<Error> MissingChecksum(const Operation& operation, const http::Headers& headers) {
  if (!operation.Is(Operation::kChecksumRequired) || HasChecksum(headers)) return std::nullopt;
  return Error{"InvalidRequest",
               "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"};
}

}  // namespace sagebrush::aws
