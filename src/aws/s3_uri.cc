// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_uri.h"

namespace sagebrush::aws {

Result<S3Uri> ParseS3Uri(std::string_view text) {
  constexpr std::string_view kScheme = "s3://";
  const Status bad = InvalidArgument("'" + std::string(text) + "' is no S3 URI (s3://bucket/key)");
  if (!text.starts_with(kScheme)) return bad;
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  S3Uri uri{.bucket = std::string(rest.substr(0, slash)),
            .key = slash == std::string_view::npos ? "" : std::string(rest.substr(slash + 1))};
  if (uri.bucket.empty()) return bad;
  return uri;
}

}  // namespace sagebrush::aws
