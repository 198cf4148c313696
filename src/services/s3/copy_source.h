// SPDX-License-Identifier: Apache-2.0
// x-amz-copy-source: "bucket/key" or "/bucket/key", percent-encoded, perhaps with ?versionId=. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sagebrush::services::s3 {

struct CopySource {
  std::string bucket, key;
  std::optional<std::string> version;
};

// Nothing if it names no bucket and key.
std::optional<CopySource> ParseCopySource(std::string_view header);

}  // namespace sagebrush::services::s3
