// SPDX-License-Identifier: Apache-2.0
// An S3 URI, s3://bucket/key, taken apart and put together. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sagebrush::aws {

struct S3Uri {
  std::string bucket;
  std::string key;  // "" for the bucket itself; may be a prefix

  std::string ToString() const { return "s3://" + bucket + "/" + key; }
  bool operator==(const S3Uri&) const = default;
};

// kInvalidArgument for what is none, or names no bucket.
Result<S3Uri> ParseS3Uri(std::string_view text);

}  // namespace sagebrush::aws
