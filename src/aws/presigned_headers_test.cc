// SPDX-License-Identifier: Apache-2.0
#include "aws/presigned_headers.h"

#include <gtest/gtest.h>

namespace sagebrush::aws {
namespace {

Presented As(Presented::Form form, std::vector<std::string> signed_headers = {}) {
  Presented presented;
  presented.form = form;
  presented.signed_headers = std::move(signed_headers);
  return presented;
}

Outcome<http::Request> Taking(std::string query, http::Headers headers = {},
                              Presented presented = As(Presented::Form::kQuery)) {
  return WithHeadersOfQuery({"PUT", "/b/k?" + std::move(query), std::move(headers), {}}, presented);
}

http::Headers Taken(std::string query, http::Headers headers = {},
                    Presented presented = As(Presented::Form::kQuery)) {
  return Taking(std::move(query), std::move(headers), std::move(presented)).value().headers;
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

TEST(WithHeadersOfQuery, WhoeverSendsAnUnsignedHeaderDoesNotDecide) {
  const http::Headers sent{{"If-None-Match", ""}};

  EXPECT_EQ(Taken("If-None-Match=%2A", sent).GetOr("If-None-Match", ""), "*");
  EXPECT_EQ(Taken("If-None-Match=%2A", sent, As(Presented::Form::kQuery, {"host", "if-none-match"}))
                .GetOr("If-None-Match", "none"),
            "");
}

TEST(WithHeadersOfQuery, SignatureVersion2CoversXAmzAlone) {
  const auto headers = Taken("If-Match=a&x-amz-meta-a=q&x-amz-meta-b=b+c", {{"x-amz-meta-a", "h"}},
                             As(Presented::Form::kQueryV2));

  EXPECT_FALSE(headers.Has("If-Match"));
  EXPECT_EQ(headers.GetOr("x-amz-meta-a", ""), "h");
  EXPECT_EQ(headers.GetOr("x-amz-meta-b", ""), "b+c") << "as it was signed";
}

TEST(WithHeadersOfQuery, RefusesWhatCouldNotStandInAHeader) {
  for (const char* query : {"x-amz-meta-a%20b=v", "x-amz-meta-%C3%A9=v", "x-amz-meta-a%3Ab=v",
                            "x-amz-meta-a=%00", "x-amz-meta-a=a%0D%0Ab", "If-Match=%7F"}) {
    const auto taken = Taking(query);
    ASSERT_FALSE(taken.ok()) << query;
    EXPECT_EQ(taken.error(Protocol::kRestXml).code, "InvalidArgument");
  }
}

}  // namespace
}  // namespace sagebrush::aws
