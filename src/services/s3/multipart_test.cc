// SPDX-License-Identifier: Apache-2.0
#include "objectstore/checksum.h"
#include "services/s3/test_s3.h"

namespace sagebrush::services::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kPart = 5 << 20;

class S3MultipartTest : public S3Test {
 protected:
  S3MultipartTest() { MakeBucket(); }

  std::string Start(http::Headers headers = {}, const std::string& key = "k") {
    const auto reply = Call("POST", "/bkt/" + key + "?uploads", std::move(headers));
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(Element(reply.body, "Bucket"), "bkt");
    return Element(reply.body, "UploadId");
  }
  std::string Part(const std::string& id, int number, const std::string& data,
                   http::Headers headers = {}) {
    return Put("/bkt/k?partNumber=" + std::to_string(number) + "&uploadId=" + id, data,
               std::move(headers));
  }
  http::Response Complete(const std::string& id, const std::vector<std::string>& parts,
                          http::Headers headers = {}) {
    std::string body =
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (const auto& part : parts) body += "<Part>" + part + "</Part>";
    return Call("POST", "/bkt/k?uploadId=" + id, std::move(headers),
                body + "</CompleteMultipartUpload>");
  }
  static std::string Listed(int number, const std::string& etag, const std::string& more = "") {
    return "<PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag + "</ETag>" +
           more;
  }
};

TEST_F(S3MultipartTest, PartsBecomeAnObject) {
  const std::string id = Start({{"Content-Type", "application/gzip"}, {"x-amz-meta-k", "v"}});
  const std::string one = Pattern(kPart, 1), two = Pattern(1000, 2);
  const std::string first = Part(id, 1, one), second = Part(id, 2, two);

  const auto reply = Complete(id, {Listed(1, first), Listed(2, second)});

  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(Element(reply.body, "ETag"), "\"" + HexEncode(Md5(Md5(one) + Md5(two))) + "-2\"");
  EXPECT_EQ(Element(reply.body, "Key"), "k");
  EXPECT_THAT(reply.body, HasSubstr("<CompleteMultipartUploadResult"));
  const auto get = Call("GET", "/bkt/k");
  EXPECT_EQ(get.body, one + two);
  EXPECT_EQ(get.headers.GetOr("Content-Type", ""), "application/gzip");
  EXPECT_EQ(get.headers.GetOr("x-amz-meta-k", ""), "v");
  const auto part = Call("GET", "/bkt/k?partNumber=2");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, two);
  EXPECT_EQ(part.headers.GetOr("x-amz-mp-parts-count", ""), "2");
  EXPECT_EQ(part.headers.GetOr("Content-Range", ""), "bytes 5242880-5243879/5243880");
  EXPECT_EQ(Call("HEAD", "/bkt/k?partNumber=1").headers.GetOr("Content-Length", ""), "5242880");
  const auto beyond = Call("GET", "/bkt/k?partNumber=3");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(Code(beyond), "InvalidPartNumber");
}

TEST_F(S3MultipartTest, ChecksumsOfPartsMakeThatOfTheWhole) {
  const auto checksum = [](const std::string& data) {
    auto hasher = objectstore::ChecksumHasher::For("CRC32").value();
    hasher.Update(data);
    return Base64Encode(hasher.Finish());
  };
  const std::string one = Pattern(kPart, 1), two = Pattern(1000, 2);
  const std::string id = Start({{"x-amz-checksum-algorithm", "CRC32"}});
  const std::string first =
      Part(id, 1, one,
           {{"x-amz-checksum-crc32", checksum(one)}, {"x-amz-sdk-checksum-algorithm", "CRC32"}});
  const std::string second = Part(id, 2, two);  // the server computes what the client left out

  const auto listed = [&](int number, const std::string& etag, const std::string& data) {
    return Listed(number, etag, "<ChecksumCRC32>" + checksum(data) + "</ChecksumCRC32>");
  };

  const auto lacks_one = Complete(id, {listed(1, first, one), Listed(2, second)});
  EXPECT_EQ(Code(lacks_one), "InvalidRequest");
  EXPECT_EQ(Element(lacks_one.body, "Message"),
            "The upload was created using a crc32 checksum. The complete request must include the "
            "checksum for each part. It was missing for part 2 in the request.");
  const auto other =
      Complete(id, {Listed(1, first, "<ChecksumSHA1>5zXdjmjYk4EJ8Cw4PMnQVslCpRQ=</ChecksumSHA1>")});
  EXPECT_EQ(Code(other), "BadDigest");
  EXPECT_EQ(Element(other.body, "Message"),
            "The sha1 you specified for part 1 did not match what we received.");
  EXPECT_EQ(
      Element(Complete(id, {listed(1, first, one)}, {{"x-amz-checksum-type", "FULL_OBJECT"}}).body,
              "Message"),
      "The upload was created using the COMPOSITE checksum mode. The complete request must "
      "use the same checksum mode.");
  const auto reply = Complete(id, {listed(1, first, one), listed(2, second, two)});

  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto part = Call("GET", "/bkt/k?partNumber=2", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(part.headers.GetOr("x-amz-checksum-crc32", ""), checksum(two));
  EXPECT_EQ(part.headers.GetOr("x-amz-checksum-type", ""), "COMPOSITE");
  EXPECT_THAT(Element(reply.body, "ChecksumCRC32"), HasSubstr("-2"));
  EXPECT_EQ(Element(reply.body, "ChecksumType"), "COMPOSITE");

  const std::string full =
      Start({{"x-amz-checksum-algorithm", "CRC32"}, {"x-amz-checksum-type", "FULL_OBJECT"}});
  const std::string a = Part(full, 1, one), b = Part(full, 2, two);
  const auto bad =
      Complete(full, {Listed(1, a), Listed(2, b)}, {{"x-amz-checksum-crc32", "AAAAAA=="}});
  EXPECT_EQ(Code(bad), "BadDigest");
  EXPECT_EQ(Element(bad.body, "Message"),
            "The crc32 you specified did not match the calculated checksum.");
  const auto whole =
      Complete(full, {Listed(1, a), Listed(2, b)}, {{"x-amz-checksum-crc32", checksum(one + two)}});
  ASSERT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(Element(whole.body, "ChecksumCRC32"), checksum(one + two));
  EXPECT_EQ(Call("HEAD", "/bkt/k", {{"x-amz-checksum-mode", "ENABLED"}})
                .headers.GetOr("x-amz-checksum-type", ""),
            "FULL_OBJECT");
  EXPECT_FALSE(Call("HEAD", "/bkt/k?partNumber=1", {{"x-amz-checksum-mode", "ENABLED"}})
                   .headers.Has("x-amz-checksum-type"));
}

TEST_F(S3MultipartTest, WhatNobodyChoseAChecksumForGetsOne) {
  const std::string one = Pattern(kPart, 1), two = Pattern(1000, 2);
  auto hasher = objectstore::ChecksumHasher::For("CRC64NVME").value();
  hasher.Update(one + two);
  const std::string whole = Base64Encode(hasher.Finish());
  const std::string id = Start();
  // A checksum of its own is checked and told, and not kept.
  const auto sent = Call("PUT", "/bkt/k?partNumber=1&uploadId=" + id,
                         {{"x-amz-sdk-checksum-algorithm", "SHA256"},
                          {"x-amz-checksum-sha256", Base64Encode(Sha256(one))}},
                         one);
  EXPECT_EQ(sent.headers.GetOr("x-amz-checksum-sha256", ""), Base64Encode(Sha256(one)));
  const std::string first = sent.headers.GetOr("ETag", ""), second = Part(id, 2, two);
  EXPECT_THAT(Call("GET", "/bkt/k?uploadId=" + id).body, Not(HasSubstr("Checksum")));
  EXPECT_EQ(Code(Complete(id, {Listed(1, first,
                                      "<ChecksumSHA256>" + Base64Encode(Sha256(one)) +
                                          "</ChecksumSHA256>")})),
            "InvalidPart");

  EXPECT_EQ(Code(Complete(id, {Listed(1, first), Listed(2, second)},
                          {{"x-amz-checksum-crc64nvme", "AAAAAAAAAAA="}})),
            "BadDigest");

  const auto reply =
      Complete(id, {Listed(1, first), Listed(2, second)}, {{"x-amz-checksum-crc32", "AAAAAA=="}});

  EXPECT_EQ(Element(reply.body, "ChecksumCRC64NVME"), whole) << reply.body;
  EXPECT_EQ(Element(reply.body, "ChecksumType"), "FULL_OBJECT");
  const http::Headers mode = {{"x-amz-checksum-mode", "ENABLED"}};
  EXPECT_EQ(Call("HEAD", "/bkt/k", mode).headers.GetOr("x-amz-checksum-crc64nvme", ""), whole);
  EXPECT_FALSE(Call("GET", "/bkt/k?partNumber=2", mode).headers.Has("x-amz-checksum-crc64nvme"));
}

TEST_F(S3MultipartTest, AReplacedObjectAndAWrongSizeStopACompletion) {
  const std::string old = Put("/bkt/k", "old"), id = Start(), part = Part(id, 1, "four");

  const auto size = Complete(id, {Listed(1, part)}, {{"x-amz-mp-object-size", "5"}});
  EXPECT_EQ(Code(size), "InvalidRequest");
  clock_.Advance(std::chrono::milliseconds(1));
  Put("/bkt/k", "old");
  const auto conflict = Complete(id, {Listed(1, part)}, {{"If-Match", old}});
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(Code(conflict), "ConditionalRequestConflict");
  EXPECT_EQ(Element(conflict.body, "Condition"), "If-Match");
  EXPECT_EQ(Element(conflict.body, "Key"), "k");
}

TEST_F(S3MultipartTest, AlgorithmsAndTypesMustFit) {
  EXPECT_EQ(
      Code(Call("POST", "/bkt/k?uploads",
                {{"x-amz-checksum-algorithm", "SHA256"}, {"x-amz-checksum-type", "FULL_OBJECT"}})),
      "InvalidRequest");
  EXPECT_EQ(
      Code(Call("POST", "/bkt/k?uploads",
                {{"x-amz-checksum-algorithm", "CRC64NVME"}, {"x-amz-checksum-type", "COMPOSITE"}})),
      "InvalidRequest");
  EXPECT_EQ(Code(Call("POST", "/bkt/k?uploads", {{"x-amz-checksum-type", "COMPOSITE"}})),
            "InvalidRequest");
  const std::string id = Start({{"x-amz-checksum-algorithm", "SHA256"}});
  const auto other = Call("PUT", "/bkt/k?partNumber=1&uploadId=" + id,
                          {{"x-amz-checksum-crc32", "NSRBwg=="}}, "abc");
  EXPECT_EQ(Code(other), "InvalidRequest");
  EXPECT_THAT(Element(other.body, "Message"),
              HasSubstr("expected checksum Type: sha256, actual checksum Type: crc32"));
}

TEST_F(S3MultipartTest, WhatIsWrongIsToldInAwssWords) {
  const std::string id = Start();
  const std::string small = Part(id, 1, "small"), last = Part(id, 2, "last");

  const auto too_small = Complete(id, {Listed(1, small), Listed(2, last)});
  EXPECT_EQ(too_small.status, 400);
  EXPECT_EQ(Code(too_small), "EntityTooSmall");
  EXPECT_EQ(Element(too_small.body, "Message"),
            "Your proposed upload is smaller than the minimum allowed size");
  EXPECT_EQ(Element(too_small.body, "ProposedSize"), "5");
  EXPECT_EQ(Element(too_small.body, "MinSizeAllowed"), "5242880");
  EXPECT_EQ(Element(too_small.body, "PartNumber"), "1");
  EXPECT_EQ("\"" + Element(too_small.body, "ETag") + "\"", small);
  EXPECT_EQ(Code(Complete(id, {Listed(2, last), Listed(1, small)})), "InvalidPartOrder");
  const auto unknown = Complete(id, {Listed(1, small), Listed(7, last)});
  EXPECT_EQ(Code(unknown), "InvalidPart");
  EXPECT_EQ(Element(unknown.body, "UploadId"), id);
  EXPECT_EQ(Element(unknown.body, "PartNumber"), "7");
  EXPECT_EQ("\"" + Element(unknown.body, "ETag") + "\"", last);
  EXPECT_EQ(Code(Complete(id, {})), "MalformedXML");
  const auto empty = Call("POST", "/bkt/k?uploadId=" + id);
  EXPECT_EQ(Code(empty), "InvalidRequest");
  EXPECT_EQ(Element(empty.body, "Message"), "You must specify at least one part");
  EXPECT_EQ(Code(Call("POST", "/bkt/k?uploadId=nope")), "NoSuchUpload");
  EXPECT_EQ(Code(Complete("nope", {Listed(1, small)})), "NoSuchUpload");
  EXPECT_EQ(Code(Call("PUT", "/bkt/k?partNumber=1&uploadId=nope", {}, "x")), "NoSuchUpload");
  EXPECT_EQ(bytes_read_, 0U);
  for (const char* number : {"0", "10001"})
    EXPECT_EQ(
        Code(Call("PUT", std::string("/bkt/k?partNumber=") + number + "&uploadId=" + id, {}, "x")),
        "InvalidArgument");
}

TEST_F(S3MultipartTest, CompletionMayBeConditionalAndIsAnsweredTwice) {
  Put("/bkt/k", "old");
  const std::string id = Start();
  const std::string etag = Part(id, 1, "new");

  EXPECT_EQ(Complete(id, {Listed(1, etag)}, {{"If-None-Match", "*"}}).status, 412);
  EXPECT_EQ(Complete(id, {Listed(1, etag)}).status, 200);
  EXPECT_EQ(Complete(id, {Listed(1, etag)}).status, 200);
  EXPECT_EQ(Call("GET", "/bkt/k").body, "new");
}

TEST_F(S3MultipartTest, AnAbortEndsTheUpload) {
  const std::string id = Start();
  Part(id, 1, "x");

  EXPECT_EQ(Call("DELETE", "/bkt/k?uploadId=" + id).status, 204);
  EXPECT_EQ(accesses_[0].action, "s3:AbortMultipartUpload");
  const auto again = Call("DELETE", "/bkt/k?uploadId=" + id);
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(Code(again), "NoSuchUpload");
}

TEST_F(S3MultipartTest, PartsAreListedInPages) {
  const std::string id = Start();
  for (const int number : {1, 2, 5}) Part(id, number, std::to_string(number));

  const auto first = Call("GET", "/bkt/k?max-parts=2&uploadId=" + id);
  EXPECT_THAT(Elements(first.body, "PartNumber"), ElementsAre("1", "2"));
  EXPECT_EQ(Element(first.body, "IsTruncated"), "true");
  EXPECT_EQ(Element(first.body, "NextPartNumberMarker"), "2");
  const auto rest = Call("GET", "/bkt/k?part-number-marker=2&uploadId=" + id);
  EXPECT_THAT(Elements(rest.body, "PartNumber"), ElementsAre("5"));
  EXPECT_EQ(Element(rest.body, "IsTruncated"), "false");
  EXPECT_EQ(Element(rest.body, "Size"), "1");
}

TEST_F(S3MultipartTest, UploadsAreListedInPagesAndRolledUp) {
  const std::string a = Start({}, "a"), b1 = Start({}, "b/1"), b2 = Start({}, "b/2"),
                    c = Start({}, "c");

  const auto all = Call("GET", "/bkt?uploads");
  EXPECT_THAT(Elements(all.body, "Key"), ElementsAre("a", "b/1", "b/2", "c"));
  EXPECT_THAT(Elements(all.body, "UploadId"), ElementsAre(a, b1, b2, c));
  const auto page = Call("GET", "/bkt?uploads&max-uploads=2&delimiter=%2F");
  EXPECT_THAT(Elements(page.body, "Key"), ElementsAre("a"));
  EXPECT_THAT(page.body, HasSubstr("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"));
  EXPECT_EQ(Element(page.body, "IsTruncated"), "true");
  EXPECT_EQ(Element(page.body, "NextKeyMarker"), "b/");
  EXPECT_THAT(Elements(Call("GET", "/bkt?uploads&delimiter=%2F&key-marker=b%2F").body, "Key"),
              ElementsAre("c"));
  EXPECT_THAT(
      Elements(Call("GET", "/bkt?uploads&prefix=b%2F&key-marker=b%2F1&upload-id-marker=" + b1).body,
               "Key"),
      ElementsAre("b/2"));
}

TEST_F(S3MultipartTest, PartsMayBeCopied) {
  const std::string data = Pattern(6 << 20);
  const std::string source = Put("/bkt/source", data);
  const std::string id = Start();
  const auto copy = [&](int number, const std::string& range, const std::string& if_match) {
    return Call("PUT", "/bkt/k?partNumber=" + std::to_string(number) + "&uploadId=" + id,
                {{"x-amz-copy-source", "bkt/source"},
                 {"x-amz-copy-source-range", range},
                 {"x-amz-copy-source-if-match", if_match}});
  };

  const auto first = copy(1, "bytes=0-5242879", source),
             second = copy(2, "bytes=5242880-6291455", source);

  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(Element(first.body, "ETag"), "\"" + HexEncode(Md5(data.substr(0, kPart))) + "\"");
  EXPECT_EQ(copy(3, "bytes=0-6291456", source).status, 400);
  EXPECT_EQ(copy(3, "bytes=0-", source).status, 400);
  EXPECT_EQ(copy(3, "bytes=0-1", "\"other\"").status, 412);
  ASSERT_EQ(Complete(id, {Listed(1, Element(first.body, "ETag")),
                          Listed(2, Element(second.body, "ETag"))})
                .status,
            200);
  EXPECT_EQ(Call("GET", "/bkt/k").body, data);
}

}  // namespace
}  // namespace sagebrush::services::s3
