// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "objectstore/checksum.h"
#include "services/s3/test_s3.h"

namespace sagebrush::services::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t kPart = 5 << 20;
constexpr char kAll[] = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize";

std::string Sha256Of(std::string_view data) { return Base64Encode(Sha256(data)); }

class ObjectAttributesTest : public S3Test {
 protected:
  ObjectAttributesTest() { MakeBucket(); }

  http::Response Attributes(const std::string& names, http::Headers headers = {}) {
    headers.Set("x-amz-object-attributes", names);
    return Call("GET", "/bkt/k?attributes", std::move(headers));
  }
  // Parts numbered 2, 4, …; all but the last are filled up to the least size.
  void PutInParts(const std::vector<std::string>& parts, const http::Headers& start = {},
                  bool with_checksums = false) {
    const std::string id = Element(Call("POST", "/bkt/k?uploads", start).body, "UploadId");
    std::string body =
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    int number = 0;
    for (const auto& part : parts) {
      number += 2;
      http::Headers headers;
      if (with_checksums) headers.Set("x-amz-checksum-sha256", Sha256Of(part));
      const std::string etag =
          Put("/bkt/k?partNumber=" + std::to_string(number) + "&uploadId=" + id, part, headers);
      body +=
          "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag + "</ETag>";
      if (with_checksums) body += "<ChecksumSHA256>" + Sha256Of(part) + "</ChecksumSHA256>";
      body += "</Part>";
    }
    const auto done =
        Call("POST", "/bkt/k?uploadId=" + id, {}, body + "</CompleteMultipartUpload>");
    ASSERT_EQ(Element(done.body, "Code"), "") << done.body;
  }
};

TEST_F(ObjectAttributesTest, AreThoseThatWereAskedFor) {
  Put("/bkt/k", "hello", {{"x-amz-checksum-sha256", Sha256Of("hello")}});

  const auto all = Attributes(kAll);

  ASSERT_EQ(all.status, 200) << all.body;
  EXPECT_THAT(all.body, HasSubstr("<GetObjectAttributesResponse"));
  EXPECT_EQ(Element(all.body, "ETag"), HexEncode(Md5("hello")));  // without quotes, as S3 has it
  EXPECT_EQ(Element(all.body, "ChecksumSHA256"), Sha256Of("hello"));
  EXPECT_EQ(Element(all.body, "ChecksumType"), "FULL_OBJECT");
  EXPECT_EQ(Element(all.body, "StorageClass"), "STANDARD");
  EXPECT_EQ(Element(all.body, "ObjectSize"), "5");
  EXPECT_THAT(all.body, Not(HasSubstr("ObjectParts")));  // it has none
  EXPECT_NE(all.headers.GetOr("Last-Modified", ""), "");
  const auto size = Attributes("ObjectSize");
  EXPECT_EQ(Element(size.body, "ObjectSize"), "5");
  for (const char* other : {"ETag", "Checksum", "StorageClass"})
    EXPECT_THAT(size.body, Not(HasSubstr(other)));
  EXPECT_EQ(accesses_.size(), 2u);
  EXPECT_EQ(accesses_[0].action, "s3:GetObject");
  EXPECT_EQ(accesses_[1].action, "s3:GetObjectAttributes");
  EXPECT_EQ(accesses_[1].resource, "arn:aws:s3:::bkt/k");
}

TEST_F(ObjectAttributesTest, PartsWithChecksumsComeInPages) {
  const std::vector<std::string> parts = {Pattern(kPart, 1), Pattern(kPart, 2), "tail"};
  PutInParts(parts, {{"x-amz-checksum-algorithm", "SHA256"}}, true);

  const auto all = Attributes("ObjectParts,Checksum");

  EXPECT_EQ(Element(all.body, "ChecksumType"), "COMPOSITE");
  EXPECT_EQ(Element(all.body, "PartsCount"), "3");
  EXPECT_THAT(Elements(all.body, "PartNumber"), ElementsAre("2", "4", "6"));
  EXPECT_THAT(Elements(all.body, "Size"), ElementsAre("5242880", "5242880", "4"));
  auto checksums = Elements(all.body, "ChecksumSHA256");
  ASSERT_EQ(checksums.size(), 4u);  // the object's own, then the parts'
  checksums.erase(checksums.begin());
  EXPECT_THAT(checksums, ElementsAre(Sha256Of(parts[0]), Sha256Of(parts[1]), Sha256Of(parts[2])));
  EXPECT_EQ(Element(all.body, "IsTruncated"), "false");
  const auto first = Attributes("ObjectParts", {{"x-amz-max-parts", "2"}});
  EXPECT_THAT(Elements(first.body, "PartNumber"), ElementsAre("2", "4"));
  EXPECT_EQ(Element(first.body, "PartsCount"), "3");
  EXPECT_EQ(Element(first.body, "MaxParts"), "2");
  EXPECT_EQ(Element(first.body, "PartNumberMarker"), "0");
  EXPECT_EQ(Element(first.body, "NextPartNumberMarker"), "4");
  EXPECT_EQ(Element(first.body, "IsTruncated"), "true");
  const auto rest = Attributes("ObjectParts", {{"x-amz-part-number-marker", "4"}});
  EXPECT_THAT(Elements(rest.body, "PartNumber"), ElementsAre("6"));
  EXPECT_EQ(Element(rest.body, "IsTruncated"), "false");
}

TEST_F(ObjectAttributesTest, PartsWithoutChecksumsOfTheirOwnAreOnlyCounted) {
  PutInParts({Pattern(kPart), "tail"});

  const auto reply = Attributes(kAll);

  EXPECT_EQ(Element(reply.body, "PartsCount"), "2");
  EXPECT_THAT(Elements(reply.body, "Part"), IsEmpty());
  EXPECT_THAT(reply.body, Not(HasSubstr("MaxParts")));
  EXPECT_NE(Element(reply.body, "ChecksumCRC64NVME"), "") << "which nobody chose";
  EXPECT_THAT(Element(reply.body, "ETag"), HasSubstr("-2"));
}

TEST_F(ObjectAttributesTest, WhatCannotBeAskedForIsRefusedInTheWordsOfAws) {
  Put("/bkt/k", "x");

  EXPECT_EQ(Code(Call("GET", "/bkt/none?attributes", {{"x-amz-object-attributes", "ETag"}})),
            "NoSuchKey");
  const auto unknown = Attributes("ETag,Colour");
  EXPECT_EQ(Code(unknown), "InvalidArgument");
  EXPECT_EQ(Element(unknown.body, "Message"), "Invalid attribute name specified.");
  EXPECT_EQ(Code(Call("GET", "/bkt/k?attributes")), "InvalidRequest");
  EXPECT_EQ(Code(Attributes("ETag", {{"x-amz-max-parts", "-1"}})), "InvalidArgument");
  EXPECT_EQ(Code(Attributes("ETag", {{"x-amz-part-number-marker", "x"}})), "InvalidArgument");
  EXPECT_EQ(
      Code(Attributes("ETag", {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}})),
      "NotImplemented");
}

}  // namespace
}  // namespace sagebrush::services::s3
