// SPDX-License-Identifier: Apache-2.0
#include "aws/signature_refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace sagebrush::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const TimePoint kNow = FromEpochSeconds(1'795'000'000);

// What S3 tells of a request that was signed with one secret and checked with another.
Error Refused(http::Request request, TimePoint now = kNow) {
  const auto presented = ParsePresented(request).value().value();
  const Status verified = Verify(request, presented, "theirs", kUnsignedPayload, now);
  return WithSignature(FromCodedStatus(Protocol::kRestXml, verified), request, presented,
                       kUnsignedPayload, now);
}

http::Request Signed() {
  http::Request request{"GET", "/b/k", {{"Host", "s3.local"}}, {}};
  Sign(&request, {"AKIDEXAMPLE", "mine", ""}, "us-west-2", "s3", kUnsignedPayload, kNow);
  return request;
}

TEST(WithSignature, TellsWhatWouldHaveBeenSigned) {
  const Error error = Refused(Signed());

  EXPECT_EQ(error.code, "SignatureDoesNotMatch");
  EXPECT_EQ(error.extra.GetString("AWSAccessKeyId"), "AKIDEXAMPLE");
  EXPECT_THAT(error.extra.GetString("StringToSign"), StartsWith("AWS4-HMAC-SHA256\n"));
  EXPECT_THAT(error.extra.GetString("StringToSignBytes"), StartsWith("41 57 53 34 2d"));
  EXPECT_THAT(error.extra.GetString("CanonicalRequest"),
              StartsWith("GET\n/b/k\n\nhost:s3.local\n"));
  EXPECT_EQ(error.extra.GetString("SignatureProvided").size(), 64U);
}

TEST(WithSignature, NamesTheHeadersThatWereNotSigned) {
  http::Request request = Signed();
  request.headers.Set("x-amz-meta-b", "1");
  request.headers.Set("x-amz-meta-a", "2");

  EXPECT_EQ(Refused(request).extra.GetString("HeadersNotSigned"), "x-amz-meta-a, x-amz-meta-b");
}

TEST(WithSignature, TellsWhenAPresignedUrlExpired) {
  const http::Request request{
      "GET",
      "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F" +
          FormatBasic(kNow).substr(0, 8) +
          "%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=" + FormatBasic(kNow) +
          "&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + std::string(64, 'a'),
      {{"Host", "s3.local"}},
      {}};

  const Error error = Refused(request, kNow + std::chrono::seconds(61));

  EXPECT_EQ(error.code, "AccessDenied");
  EXPECT_EQ(error.extra.GetString("X-Amz-Expires"), "60");
  EXPECT_EQ(error.extra.GetString("Expires"), FormatIso8601(kNow + std::chrono::seconds(60)));
  EXPECT_EQ(error.extra.GetString("ServerTime"), FormatIso8601(kNow + std::chrono::seconds(61)));
}

TEST(WithSignature, OfSignatureVersion2ThereIsNoCanonicalRequest) {
  const http::Request request{"GET",
                              "/b/k?AWSAccessKeyId=AKID&Expires=1795000060&Signature=abc%3D",
                              {{"Host", "s3.local"}},
                              {}};

  const Error error = Refused(request);

  EXPECT_THAT(error.extra.GetString("StringToSign"), HasSubstr("1795000060\n/b/k"));
  EXPECT_FALSE(error.extra.Has("CanonicalRequest"));
}

}  // namespace
}  // namespace sagebrush::aws
