// SPDX-License-Identifier: Apache-2.0
#include "aws/presigned_headers.h"

#include <gtest/gtest.h>

namespace sagebrush::aws {
namespace {

http::Headers Taken(std::string query, http::Headers headers = {}) {
  return WithHeadersOfQuery({"PUT", "/b/k?" + std::move(query), std::move(headers), {}}).headers;
}

TEST(WithHeadersOfQuery, TakesMetadataAndConditions) {
  const auto headers =
      Taken("x-amz-meta-Foo=b%20r&If-None-Match=%2A&X-Amz-Storage-Class=GLACIER&partNumber=1");

  EXPECT_EQ(headers.GetOr("x-amz-meta-foo", ""), "b r");
  EXPECT_EQ(headers.GetOr("If-None-Match", ""), "*");
  EXPECT_EQ(headers.GetOr("x-amz-storage-class", ""), "GLACIER");
  EXPECT_FALSE(headers.Has("partNumber"));
}

TEST(WithHeadersOfQuery, LeavesTheSignatureAndTheChecksumOfNoBody) {
  const auto headers = Taken(
      "X-Amz-Date=20261124T201740Z&X-Amz-Signature=ab&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&"
      "x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32");

  for (const char* name : {"x-amz-date", "x-amz-signature", "x-amz-content-sha256",
                           "x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm"})
    EXPECT_FALSE(headers.Has(name)) << name;
}

TEST(WithHeadersOfQuery, WhatWasSentAsAHeaderStays) {
  EXPECT_EQ(Taken("If-Match=a", {{"If-Match", "b"}}).GetOr("If-Match", ""), "b");
}

}  // namespace
}  // namespace sagebrush::aws
