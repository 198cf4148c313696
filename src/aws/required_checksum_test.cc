// SPDX-License-Identifier: Apache-2.0
#include "aws/required_checksum.h"

#include <gtest/gtest.h>

#include "aws_models/services.h"

namespace sagebrush::aws {
namespace {

std::string Refusal(std::string_view operation, const http::Headers& headers) {
  const auto error = MissingChecksum(*S3Model().FindOperation(operation), headers);
  return error ? error->code + ": " + error->message : "";
}

TEST(RequiredChecksum, IsDemandedOfTheOperationsThatTheModelNames) {
  const std::string missing =
      "InvalidRequest: Missing required header for this request: Content-MD5 OR x-amz-checksum-*";

  EXPECT_EQ(Refusal("DeleteObjects", {}), missing);
  EXPECT_EQ(Refusal("PutBucketPolicy", {}), missing);
  EXPECT_EQ(Refusal("PutObject", {}), "");
  EXPECT_EQ(Refusal("ListObjectsV2", {}), "");
}

TEST(RequiredChecksum, MayBeAnyAlgorithmsInAHeaderOrATrailer) {
  for (const http::Headers& headers :
       {http::Headers{{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}},
        http::Headers{{"x-amz-checksum-crc32", "AAAAAA=="}},
        http::Headers{{"X-Amz-Checksum-Sha512", "AAAA"}},
        http::Headers{{"x-amz-trailer", "x-amz-meta-a, x-amz-checksum-crc64nvme"}}})
    EXPECT_EQ(Refusal("DeleteObjects", headers), "");
}

TEST(RequiredChecksum, IsNotWhatOnlySpeaksOfOne) {
  for (const http::Headers& headers :
       {http::Headers{{"x-amz-sdk-checksum-algorithm", "CRC32"}},
        http::Headers{{"x-amz-checksum-algorithm", "CRC32"}},
        http::Headers{{"x-amz-checksum-mode", "ENABLED"}}, http::Headers{{"x-amz-checksum-", "x"}},
        http::Headers{{"x-amz-trailer", "x-amz-meta-a"}}})
    EXPECT_NE(Refusal("DeleteObjects", headers), "");
}

}  // namespace
}  // namespace sagebrush::aws
