// SPDX-License-Identifier: Apache-2.0
#include "services/s3/copy_source.h"

#include <algorithm>

#include "base/strings.h"

namespace sagebrush::services::s3 {

std::optional<CopySource> ParseCopySource(std::string_view header) {
  CopySource source;
  constexpr std::string_view kVersion = "?versionId=";
  if (const auto at = header.rfind(kVersion); at != std::string_view::npos) {
    source.version = header.substr(at + kVersion.size());
    header = header.substr(0, at);
  }
  // Clients encode the whole, the slash after the bucket included or not; some a space as '+', as forms do.
  std::string encoded(header);
  std::replace(encoded.begin(), encoded.end(), '+', ' ');
  const auto decoded = PercentDecode(encoded);
  std::string_view path = decoded.ok() ? std::string_view{*decoded} : header;
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size())
    return std::nullopt;
  source.bucket = path.substr(0, slash);
  source.key = path.substr(slash + 1);
  return source;
}

}  // namespace sagebrush::services::s3
