// SPDX-License-Identifier: Apache-2.0
#include "aws/required_checksum.h"

#include <gtest/gtest.h>

#include "aws_models/services.h"

namespace sagebrush::aws {
namespace {

std::string Refusal(std::string_view operation, const http::Headers& headers,
                    std::string_view body = "") {
  const auto error = CheckRequiredChecksum(*S3Model().FindOperation(operation), headers, body);
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

TEST(RequiredChecksum, MayBeOfAnyAlgorithm) {
  for (const http::Headers& headers : {http::Headers{{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}},
                                       http::Headers{{"X-Amz-Checksum-Crc32", "AAAAAA=="}}})
    EXPECT_EQ(Refusal("DeleteObjects", headers), "");
  EXPECT_TRUE(
      Refusal("DeleteObjects", {{"X-Amz-Checksum-Sha512", "AAAA"}}).starts_with("NotImplemented"));
}

TEST(RequiredChecksum, IsNotWhatOnlySpeaksOfOne) {
  for (const http::Headers& headers :
       {http::Headers{{"x-amz-sdk-checksum-algorithm", "CRC32"}},
        http::Headers{{"x-amz-checksum-algorithm", "CRC32"}},
        http::Headers{{"x-amz-checksum-mode", "ENABLED"}}, http::Headers{{"x-amz-checksum-", "x"}},
        http::Headers{{"x-amz-checksum-made-up", "x"}},
        http::Headers{{"x-amz-trailer", "x-amz-checksum-crc32"}}})
    EXPECT_NE(Refusal("DeleteObjects", headers), "");
}

// The values are those of "123456789", which catalogues of checksums list.
TEST(RequiredChecksum, MustBeThatOfTheBody) {
  struct Case {
    const char* header;
    const char* value;
    const char* refusal;
  };
  for (const Case& one :
       {Case{"content-md5", "JfnnlDI7RTiF9RgfG2JNCw==", "BadDigest: The Content-MD5"},
        Case{"x-amz-checksum-crc32", "y/Q5Jg==", "BadDigest: The CRC32 you"},
        Case{"x-amz-checksum-crc32c", "4waSgw==", "BadDigest: The CRC32C you"},
        Case{"x-amz-checksum-crc64nvme", "rosUhgp5mIg=", "BadDigest: The CRC64NVME you"}}) {
    EXPECT_EQ(Refusal("DeleteObjects", {{one.header, one.value}}, "123456789"), "") << one.header;
    EXPECT_TRUE(
        Refusal("DeleteObjects", {{one.header, one.value}}, "12345678").starts_with(one.refusal))
        << one.header;
    EXPECT_EQ(
        Refusal("PutObject", {{one.header, one.value}}, "a streamed body is others' business"), "");
  }
  EXPECT_EQ(Refusal("DeleteObjects", {{"Content-MD5", "x"}}),
            "InvalidDigest: The Content-MD5 you specified was invalid.");
  EXPECT_EQ(Refusal("DeleteObjects", {{"x-amz-checksum-sha256", "AAAA"}}),
            "InvalidRequest: Value for x-amz-checksum-sha256 header is invalid.");
}

}  // namespace
}  // namespace sagebrush::aws
