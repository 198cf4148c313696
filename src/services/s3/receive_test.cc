// SPDX-License-Identifier: Apache-2.0
// What a client claims of the bytes it uploads: lengths, digests, checksums, chunk signatures.
#include "services/s3/receive.h"

#include "aws/sigv4.h"
#include "objectstore/checksum.h"
#include "services/s3/payload.h"
#include "services/s3/test_s3.h"

namespace sagebrush::services::s3 {
namespace {

using ::testing::HasSubstr;

const std::string unsigned_trailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

std::string Hex(std::size_t number) {
  char text[20];
  std::snprintf(text, sizeof text, "%zx", number);
  return text;
}

std::string ChecksumText(std::string_view algorithm, std::string_view data) {
  auto hasher = objectstore::ChecksumHasher::For(algorithm).value();
  hasher.Update(data);
  return Base64Encode(hasher.Finish());
}

class ReceiveTest : public S3Test {
 protected:
  ReceiveTest() { MakeBucket(); }

  // As boto3 sends a stream over TLS.
  http::Response PutStream(const std::string& data, const std::string& trailer,
                           const std::string& content_encoding = "aws-chunked",
                           const std::string& decoded_length = "") {
    std::string body;
    for (std::size_t at = 0; at < data.size(); at += 1000) {
      const std::string chunk = data.substr(at, 1000);
      body += Hex(chunk.size()) + "\r\n" + chunk + "\r\n";
    }
    body += "0\r\n" + trailer + "\r\n";
    return Call("PUT", "/bkt/k",
                {{"x-amz-content-sha256", unsigned_trailer},
                 {"Content-Encoding", content_encoding},
                 {"x-amz-trailer", "x-amz-checksum-crc32"},
                 {"x-amz-sdk-checksum-algorithm", "CRC32"},
                 {"x-amz-decoded-content-length",
                  decoded_length.empty() ? std::to_string(data.size()) : decoded_length}},
                body, true);
  }
};

TEST_F(ReceiveTest, ChecksumsAreVerifiedStoredAndGivenBack) {
  const std::string data = "hello world";
  for (const std::string algorithm : {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"}) {
    const std::string header = "x-amz-checksum-" + ToLower(algorithm),
                      value = ChecksumText(algorithm, data);

    const auto put =
        Call("PUT", "/bkt/k", {{header, value}, {"x-amz-sdk-checksum-algorithm", algorithm}}, data);

    EXPECT_EQ(put.status, 200) << put.body;
    EXPECT_EQ(put.headers.GetOr(header, ""), value);
    EXPECT_EQ(put.headers.GetOr("x-amz-checksum-type", ""), "FULL_OBJECT");
    // A range of all the bytes has it too, a piece of them has not.
    EXPECT_TRUE(Call("GET", "/bkt/k", {{"x-amz-checksum-mode", "enabled"}, {"Range", "bytes=0-99"}})
                    .headers.Has("x-amz-checksum-type"));
    const auto get = Call("GET", "/bkt/k", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_EQ(get.headers.GetOr(header, ""), value);
    EXPECT_FALSE(Call("GET", "/bkt/k").headers.Has(header));
    EXPECT_FALSE(Call("GET", "/bkt/k", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-3"}})
                     .headers.Has(header));
    EXPECT_THAT(Call("GET", "/bkt?list-type=2").body,
                HasSubstr("<ChecksumAlgorithm>" + algorithm + "</ChecksumAlgorithm>"));
  }
}

TEST_F(ReceiveTest, AWrongChecksumIsABadDigestAndStoresNothing) {
  const auto wrong =
      Call("PUT", "/bkt/k", {{"x-amz-checksum-crc32", ChecksumText("CRC32", "other")}}, "hello");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(Code(wrong), "BadDigest");
  EXPECT_EQ(Element(wrong.body, "Message"),
            "The CRC32 you specified did not match the calculated checksum.");
  EXPECT_EQ(Call("GET", "/bkt/k").status, 404);

  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"x-amz-checksum-crc32", "short"}}, "hello")),
            "InvalidRequest");
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"x-amz-sdk-checksum-algorithm", "CRC32"}}, "hello")),
            "InvalidRequest");
  EXPECT_EQ(Code(Call("PUT", "/bkt/k",
                      {{"x-amz-checksum-crc32", ChecksumText("CRC32", "hello")},
                       {"x-amz-checksum-sha1", ChecksumText("SHA1", "hello")}},
                      "hello")),
            "InvalidRequest");
}

TEST_F(ReceiveTest, ContentMd5IsChecked) {
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"Content-MD5", Base64Encode(Md5("hello"))}}, "hello").status,
            200);
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"Content-MD5", Base64Encode(Md5("other"))}}, "hello")),
            "BadDigest");
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"Content-MD5", "not base64!"}}, "hello")),
            "InvalidDigest");
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"Content-MD5", "YWJj"}}, "hello")), "InvalidDigest");
}

TEST_F(ReceiveTest, TheSignedHashOfTheBodyIsChecked) {
  EXPECT_EQ(
      Call("PUT", "/bkt/k", {{"x-amz-content-sha256", HexEncode(Sha256("hello"))}}, "hello").status,
      200);
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}}, "hello").status,
            200);
  const auto wrong =
      Call("PUT", "/bkt/k", {{"x-amz-content-sha256", HexEncode(Sha256("other"))}}, "hello");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(Code(wrong), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(Element(wrong.body, "S3ComputedContentSHA256"), HexEncode(Sha256("hello")));
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"x-amz-content-sha256", "nonsense"}}, "hello")),
            "InvalidArgument");
}

TEST_F(ReceiveTest, AnAwsChunkedStreamWithATrailerIsUnwrapped) {
  const std::string data = Pattern(200'000);
  const std::string crc = ChecksumText("CRC32", data);
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{1000}, std::size_t{65536}}) {
    piece_ = piece;

    const auto put = PutStream(data, "x-amz-checksum-crc32:" + crc + "\r\n");

    ASSERT_EQ(put.status, 200) << put.body;
    EXPECT_EQ(put.headers.GetOr("x-amz-checksum-crc32", ""), crc);
  }
  const auto get = Call("GET", "/bkt/k", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(get.body, data);
  EXPECT_EQ(get.headers.GetOr("x-amz-checksum-crc32", ""), crc);
  EXPECT_FALSE(get.headers.Has("Content-Encoding"));
}

TEST_F(ReceiveTest, AwsChunkedIsNotPartOfTheStoredEncoding) {
  ASSERT_EQ(PutStream("data", "x-amz-checksum-crc32:" + ChecksumText("CRC32", "data") + "\r\n",
                      "aws-chunked, gzip")
                .status,
            200);

  EXPECT_EQ(Call("HEAD", "/bkt/k").headers.GetOr("Content-Encoding", ""), "gzip");
}

TEST_F(ReceiveTest, BrokenStreamsAreRefused) {
  const std::string good = "x-amz-checksum-crc32:" + ChecksumText("CRC32", "data") + "\r\n";

  EXPECT_EQ(
      Code(PutStream("data", "x-amz-checksum-crc32:" + ChecksumText("CRC32", "other") + "\r\n")),
      "BadDigest");
  EXPECT_EQ(Code(PutStream("data", "")), "MalformedTrailerError");
  EXPECT_EQ(Code(PutStream("data", "no colon\r\n")), "MalformedTrailerError");
  EXPECT_EQ(Code(PutStream("data", good, "aws-chunked", "3")), "IncompleteBody");
  EXPECT_EQ(Code(PutStream("data", good, "aws-chunked", "5")), "IncompleteBody");
  const http::Headers headers = {{"x-amz-content-sha256", unsigned_trailer},
                                 {"x-amz-decoded-content-length", "4"}};
  for (const char* body :
       {"4\r\nda", "4\r\ndata", "4\r\ndatax\r\n0\r\n\r\n", "zz\r\ndata\r\n0\r\n\r\n",
        "4\r\ndata\r\n", "ffffffffffffffffff\r\n", "4\r\ndata\r\n0\r\n\r\nmore"})
    EXPECT_EQ(Code(Call("PUT", "/bkt/k", headers, body, true)), "IncompleteBody") << body;
  EXPECT_EQ(Call("GET", "/bkt/k").status, 404);
}

TEST_F(ReceiveTest, ALengthMustBeKnownAndKept) {
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {}, "data", true)), "MissingContentLength");
  EXPECT_EQ(
      Call("PUT", "/bkt/k", {{"x-amz-content-sha256", unsigned_trailer}}, "0\r\n\r\n", true).status,
      411);
  const auto large = Call(
      "PUT", "/bkt/k",
      {{"x-amz-content-sha256", unsigned_trailer}, {"x-amz-decoded-content-length", "5368709121"}},
      "", true);
  EXPECT_EQ(Code(large), "EntityTooLarge");
  EXPECT_EQ(Element(large.body, "MaxSizeAllowed"), "5368709120");
  EXPECT_EQ(bytes_read_, 0U);
}

TEST_F(ReceiveTest, AClientThatGoesAwayStoresNothing) {
  http::Request request{"PUT", "/bkt/k", {}, {}};
  testing::FakeExchange exchange(request, "half", false);
  exchange.BreakAfterBody(Unavailable("gone"));

  const auto result =
      service_->operations()
          .at("PutObject")
          .stream(Context(), Json::Object({{"Bucket", "bkt"}, {"Key", "k"}}), exchange);

  EXPECT_EQ(result.error(aws::Protocol::kRestXml).code, "IncompleteBody");
  EXPECT_EQ(Call("GET", "/bkt/k").status, 404);
}

// The example of AWS's documentation: S3 API Reference, "Signature Calculations for the Authorization Header: Transferring
// Payload in Multiple Chunks": 65 KiB of 'a' in chunks of 64 KiB, 1 KiB and 0.
class SignedChunks : public ReceiveTest {
 protected:
  const std::string scope_ = "20130524/us-east-1/s3/aws4_request";
  const std::string first_ = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648";
  const std::string second_ = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497";
  const std::string last_ = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9";

  std::string Body(std::string_view first) const {
    return "10000;chunk-signature=" + std::string(first) + "\r\n" + std::string(65536, 'a') +
           "\r\n400;chunk-signature=" + second_ + "\r\n" + std::string(1024, 'a') +
           "\r\n0;chunk-signature=" + last_ + "\r\n\r\n";
  }
  http::Headers Headers() const {
    return {
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/" + scope_ +
             ",SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
             "x-amz-decoded-content-length;x-amz-storage-class,"
             "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"},
        {"x-amz-date", "20130524T000000Z"},
        {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
        {"x-amz-decoded-content-length", "66560"},
        {"Content-Encoding", "aws-chunked"}};
  }
};

TEST_F(SignedChunks, OfAwssOwnExampleAreRight) {
  const auto put = Call("PUT", "/bkt/k", Headers(), Body(first_));

  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(Call("GET", "/bkt/k").body, std::string(66560, 'a'));
}

TEST_F(SignedChunks, AWrongOneIsRefused) {
  std::string wrong = first_;
  wrong[0] = wrong[0] == '0' ? '1' : '0';

  const auto put = Call("PUT", "/bkt/k", Headers(), Body(wrong));

  EXPECT_EQ(put.status, 403);
  EXPECT_EQ(Code(put), "SignatureDoesNotMatch");
  EXPECT_EQ(Call("GET", "/bkt/k").status, 404);
}

// The same documentation's example with a trailing header: CRC32C of 65 KiB of 'a'.
TEST_F(SignedChunks, WithASignedTrailer) {
  const ChunkSigning signing{aws::SigningKey(secret_, {"20130524", "us-east-1", "s3"}), scope_,
                             "20130524T000000Z",
                             "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"};
  const std::string body =
      "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" +
      std::string(65536, 'a') +
      "\r\n400;chunk-signature="
      "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
      std::string(1024, 'a') +
      "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
      "x-amz-checksum-crc32c:sOO8/Q==\r\n"
      "x-amz-trailer-signature:"
      "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
  const auto decode = [&](const std::string& text) {
    ChunkDecoder decoder(true, signing);
    const Status status = decoder.Decode(text, [](std::string_view) { return Status::Ok(); });
    return status.ok() ? decoder.Finish() : status;
  };

  EXPECT_TRUE(decode(body).ok()) << decode(body).ToString();
  // As minio-go frames it.
  EXPECT_TRUE(decode(ReplaceAll(body, "sOO8/Q==\r\n", "sOO8/Q==\n\r\n")).ok());
  EXPECT_FALSE(decode(ReplaceAll(body, "sOO8/Q==\r\n", "sOO8/Q==\n\r\n\r\n")).ok());
  EXPECT_FALSE(decode(body.substr(0, body.find("x-amz-trailer-signature")) + "\r\n").ok());
  EXPECT_THAT(decode(ReplaceAll(body, "sOO8/Q==", "sOO8/A==")).message(),
              HasSubstr("SignatureDoesNotMatch"));
  EXPECT_THAT(decode(ReplaceAll(body, "x-amz-trailer-signature", "x-other")).message(),
              HasSubstr("SignatureDoesNotMatch"));
}

}  // namespace
}  // namespace sagebrush::services::s3
