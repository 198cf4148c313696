// SPDX-License-Identifier: Apache-2.0
// Puts, reads, copies and deletes of objects.
#include "services/s3/test_s3.h"

namespace sagebrush::services::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kLarge = 300'000;

class ObjectTest : public S3Test {
 protected:
  ObjectTest() { MakeBucket(); }
};

TEST_F(ObjectTest, APutAnswersWithTheEtagAndAGetGivesTheBytes) {
  const auto put = Call("PUT", "/bkt/data/tweets.csv",
                        {{"Content-Type", "text/csv"}, {"x-amz-meta-Source", "vader"}}, "a,b\n");
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.headers.GetOr("ETag", ""), "\"" + HexEncode(Md5("a,b\n")) + "\"");
  EXPECT_EQ(put.body, "");

  const auto get = Call("GET", "/bkt/data/tweets.csv");

  EXPECT_EQ(get.status, 200);
  EXPECT_EQ(get.body, "a,b\n");
  EXPECT_EQ(get.headers.GetOr("Content-Type", ""), "text/csv");
  EXPECT_EQ(get.headers.GetOr("Content-Length", ""), "4");
  EXPECT_EQ(get.headers.GetOr("Accept-Ranges", ""), "bytes");
  EXPECT_EQ(get.headers.GetOr("x-amz-meta-source", ""), "vader");
  EXPECT_EQ(get.headers.GetOr("Last-Modified", ""), "Tue, 24 Nov 2026 20:17:40 GMT");
  EXPECT_EQ(get.headers.GetAll("Content-Length").size(), 1U);
}

TEST_F(ObjectTest, AHeadHasTheHeadersOfAGetAndNoBody) {
  Put("/bkt/k", Pattern(kLarge),
      {{"Cache-Control", "no-store"}, {"Expires", "Thu, 01 Dec 2994 16:00:00 GMT"}});

  const auto head = Call("HEAD", "/bkt/k");

  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.headers.GetOr("Content-Length", ""), "300000");
  EXPECT_EQ(head.headers.GetOr("Content-Type", ""), "binary/octet-stream");
  EXPECT_EQ(head.headers.GetOr("Cache-Control", ""), "no-store");
  EXPECT_EQ(head.headers.GetOr("Expires", ""), "Thu, 01 Dec 2994 16:00:00 GMT");
}

TEST_F(ObjectTest, MissingThingsAreToldInAwssWords) {
  const auto get = Call("GET", "/bkt/nope");
  EXPECT_EQ(get.status, 404);
  EXPECT_EQ(Code(get), "NoSuchKey");
  EXPECT_EQ(Element(get.body, "Message"), "The specified key does not exist.");
  EXPECT_EQ(Element(get.body, "Key"), "nope");
  const auto head = Call("HEAD", "/bkt/nope");
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(Code(Call("PUT", "/nope/k", {}, "x")), "NoSuchBucket");
  EXPECT_EQ(bytes_read_, 0U);
}

TEST_F(ObjectTest, OddKeysAreKeysLikeOthers) {
  const std::vector<std::string> keys = {"a",          "a/b",       "folder/",
                                         "../up",      "a//b",      "sp ace+plus%percent",
                                         "grüße/日本", "q?x=1&y#z", "'\"<>&"};
  for (const auto& key : keys) Put("/bkt/" + PercentEncode(key, true), "content of " + key);

  for (const auto& key : keys)
    EXPECT_EQ(Call("GET", "/bkt/" + PercentEncode(key, true)).body, "content of " + key);
  EXPECT_EQ(store_->List("bkt", {})->objects.size(), keys.size());
}

TEST_F(ObjectTest, RangesAreServedFromTheFile) {
  const std::string data = Pattern(kLarge);
  Put("/bkt/k", data);
  struct Case {
    std::string range, content_range;
    std::size_t offset, length;
  };
  for (const Case& c : {Case{"bytes=0-0", "bytes 0-0/300000", 0, 1},
                        Case{"bytes=100-199", "bytes 100-199/300000", 100, 100},
                        Case{"bytes=299000-", "bytes 299000-299999/300000", 299'000, 1000},
                        Case{"bytes=-5", "bytes 299995-299999/300000", 299'995, 5},
                        Case{"bytes=10-9999999", "bytes 10-299999/300000", 10, 299'990},
                        Case{"bytes=-9999999", "bytes 0-299999/300000", 0, kLarge}}) {
    const auto reply = Call("GET", "/bkt/k", {{"Range", c.range}});
    EXPECT_EQ(reply.status, 206) << c.range;
    EXPECT_EQ(reply.headers.GetOr("Content-Range", ""), c.content_range);
    EXPECT_EQ(reply.body, data.substr(c.offset, c.length));
    EXPECT_EQ(files_sent_, 1);
    const auto head = Call("HEAD", "/bkt/k", {{"Range", c.range}});
    EXPECT_EQ(head.status, 206);
    EXPECT_EQ(head.headers.GetOr("Content-Length", ""), std::to_string(c.length));
  }
}

TEST_F(ObjectTest, ARangeThatIsNoneIsIgnoredAndOneOutsideIsRefused) {
  Put("/bkt/k", "0123456789");
  for (const char* ignored : {"bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes="}) {
    const auto reply = Call("GET", "/bkt/k", {{"Range", ignored}});
    EXPECT_EQ(reply.status, 200) << ignored;
    EXPECT_EQ(reply.body, "0123456789");
  }

  const auto outside = Call("GET", "/bkt/k", {{"Range", "bytes=10-"}});

  EXPECT_EQ(outside.status, 416);
  EXPECT_EQ(Code(outside), "InvalidRange");
  EXPECT_EQ(Element(outside.body, "RangeRequested"), "bytes=10-");
  EXPECT_EQ(Element(outside.body, "ActualObjectSize"), "10");
  Put("/bkt/empty", "");
  EXPECT_EQ(Call("GET", "/bkt/empty", {{"Range", "bytes=0-"}}).status, 416);
  EXPECT_EQ(Call("GET", "/bkt/empty").status, 200);
}

TEST_F(ObjectTest, ReadsMayBeConditional) {
  const std::string etag = Put("/bkt/k", "x");
  const std::string now = "Tue, 24 Nov 2026 20:17:40 GMT", before = "Tue, 24 Nov 2026 20:17:39 GMT";

  EXPECT_EQ(Call("GET", "/bkt/k", {{"If-Match", etag}}).status, 200);
  const auto changed = Call("GET", "/bkt/k", {{"If-Match", "\"other\""}});
  EXPECT_EQ(changed.status, 412);
  EXPECT_EQ(Code(changed), "PreconditionFailed");
  EXPECT_EQ(Element(changed.body, "Condition"), "If-Match");
  const auto same = Call("GET", "/bkt/k", {{"If-None-Match", etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.headers.GetOr("ETag", ""), etag);
  EXPECT_EQ(Call("HEAD", "/bkt/k", {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(Call("GET", "/bkt/k", {{"If-Modified-Since", now}}).status, 304);
  EXPECT_EQ(Call("GET", "/bkt/k", {{"If-Modified-Since", before}}).status, 200);
  EXPECT_EQ(Call("GET", "/bkt/k", {{"If-Unmodified-Since", before}}).status, 412);
  EXPECT_EQ(Call("GET", "/bkt/k", {{"If-Match", etag}, {"If-Unmodified-Since", before}}).status,
            200);
}

TEST_F(ObjectTest, WritesMayBeConditional) {
  const std::string etag = Put("/bkt/k", "1", {{"If-None-Match", "*"}});

  const auto exists = Call("PUT", "/bkt/k", {{"If-None-Match", "*"}}, "2");
  EXPECT_EQ(exists.status, 412);
  EXPECT_EQ(Element(exists.body, "Condition"), "If-None-Match");
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"If-Match", "\"other\""}}, "2")), "PreconditionFailed");
  EXPECT_EQ(Code(Call("PUT", "/bkt/new", {{"If-Match", etag}}, "2")), "NoSuchKey");
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"If-Match", etag}}, "2").status, 200);
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"If-None-Match", etag}}, "2").status, 501);
}

TEST_F(ObjectTest, TheRequestMayOverrideResponseHeaders) {
  Put("/bkt/k", "x", {{"Content-Type", "text/plain"}});

  const auto reply = Call("GET",
                          "/bkt/"
                          "k?response-content-type=image%2Fpng&response-content-disposition="
                          "attachment&response-expires=0");

  EXPECT_EQ(reply.headers.GetOr("Content-Type", ""), "image/png");
  EXPECT_EQ(reply.headers.GetOr("Content-Disposition", ""), "attachment");
}

TEST_F(ObjectTest, LimitsOnKeysAndMetadata) {
  const auto key = Call("PUT", "/bkt/" + std::string(1025, 'k'), {}, "x");
  EXPECT_EQ(Code(key), "KeyTooLongError");
  EXPECT_EQ(Element(key.body, "MaxSizeAllowed"), "1024");
  EXPECT_EQ(Call("PUT", "/bkt/" + std::string(1024, 'k'), {}, "x").status, 200);

  const auto metadata = Call("PUT", "/bkt/k", {{"x-amz-meta-a", std::string(2048, 'v')}}, "x");
  EXPECT_EQ(Code(metadata), "MetadataTooLarge");
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"x-amz-meta-a", std::string(2047, 'v')}}, "x").status, 200);
}

TEST_F(ObjectTest, WhatWouldNotBeKeptIsRefused) {
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"x-amz-acl", "public-read"}}, "x")),
            "AccessControlListNotSupported");
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"x-amz-acl", "bucket-owner-full-control"}}, "x").status, 200);
  EXPECT_EQ(
      Call("PUT", "/bkt/k", {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}}, "x")
          .status,
      501);
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"x-amz-acl", ""}}, "x").status, 200);  // s3fs 0.4.2
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"x-amz-tagging", "a=b"}}, "x").status, 501);
  EXPECT_EQ(Call("PUT", "/bkt/k", {{"x-amz-object-lock-legal-hold", "ON"}}, "x").status, 400);
}

TEST_F(ObjectTest, ACopyTakesBytesAndMetadata) {
  const std::string etag =
      Put("/bkt/a b", Pattern(kLarge), {{"x-amz-meta-k", "v"}, {"Content-Type", "text/csv"}});

  const auto copy = Call("PUT", "/bkt/copy", {{"x-amz-copy-source", "/bkt/a%20b"}});

  EXPECT_EQ(copy.status, 200) << copy.body;
  EXPECT_EQ(Element(copy.body, "ETag"), etag);
  EXPECT_THAT(copy.body, HasSubstr("<CopyObjectResult"));
  const auto get = Call("GET", "/bkt/copy");
  EXPECT_EQ(get.body, Pattern(kLarge));
  EXPECT_EQ(get.headers.GetOr("x-amz-meta-k", ""), "v");
  EXPECT_EQ(get.headers.GetOr("Content-Type", ""), "text/csv");
  ASSERT_EQ(accesses_[0].action, "s3:GetObject");
  (void)Call("PUT", "/bkt/copy", {{"x-amz-copy-source", "bkt/a%20b"}});
  ASSERT_EQ(accesses_.size(), 2U);
  EXPECT_EQ(accesses_[0].resource, "arn:aws:s3:::bkt/a b");
  EXPECT_EQ(accesses_[1].action, "s3:PutObject");
  EXPECT_EQ(accesses_[1].resource, "arn:aws:s3:::bkt/copy");
}

TEST_F(ObjectTest, ACopyMayReplaceMetadataAlsoOntoItself) {
  Put("/bkt/k", "x", {{"x-amz-meta-k", "v"}});

  const auto illegal = Call("PUT", "/bkt/k", {{"x-amz-copy-source", "bkt/k"}});
  EXPECT_EQ(illegal.status, 400);
  EXPECT_THAT(Element(illegal.body, "Message"),
              HasSubstr("copy an object to itself without changing"));
  EXPECT_EQ(Call("PUT", "/bkt/k",
                 {{"x-amz-copy-source", "bkt/k"},
                  {"x-amz-metadata-directive", "REPLACE"},
                  {"x-amz-meta-n", "1"}})
                .status,
            200);

  const auto head = Call("HEAD", "/bkt/k");
  EXPECT_EQ(head.headers.GetOr("x-amz-meta-n", ""), "1");
  EXPECT_FALSE(head.headers.Has("x-amz-meta-k"));
}

TEST_F(ObjectTest, ACopysSourceIsChecked) {
  const std::string etag = Put("/bkt/k", "x");

  EXPECT_EQ(Code(Call("PUT", "/bkt/c", {{"x-amz-copy-source", "bkt/nope"}})), "NoSuchKey");
  EXPECT_EQ(Code(Call("PUT", "/bkt/c", {{"x-amz-copy-source", "nope/k"}})), "NoSuchBucket");
  EXPECT_EQ(Code(Call("PUT", "/bkt/c", {{"x-amz-copy-source", "justabucket"}})), "InvalidArgument");
  EXPECT_EQ(
      Call("PUT", "/bkt/c", {{"x-amz-copy-source", "bkt/k"}, {"x-amz-copy-source-if-match", etag}})
          .status,
      200);
  EXPECT_EQ(Call("PUT", "/bkt/c",
                 {{"x-amz-copy-source", "bkt/k"}, {"x-amz-copy-source-if-match", "\"no\""}})
                .status,
            412);
  EXPECT_EQ(Call("PUT", "/bkt/c",
                 {{"x-amz-copy-source", "bkt/k"}, {"x-amz-copy-source-if-none-match", etag}})
                .status,
            412);
  EXPECT_EQ(
      Call("PUT", "/bkt/c",
           {{"x-amz-copy-source", "bkt/k"}, {"x-amz-source-expected-bucket-owner", "210987654321"}})
          .status,
      403);
}

TEST_F(ObjectTest, AnEtagIsTakenWithEachQuoteOrWithout) {
  const std::string etag = Put("/bkt/k", "x");

  for (const std::string& written :
       {etag, etag.substr(1), etag.substr(0, etag.size() - 1), etag.substr(1, etag.size() - 2)})
    EXPECT_EQ(Call("PUT", "/bkt/k", {{"If-Match", written}}, "x").status, 200) << written;
}

TEST_F(ObjectTest, ACopysFailedConditionIsNamed) {
  const std::string etag = Put("/bkt/k", "x");
  const std::string before = "Tue, 24 Nov 2020 20:17:40 GMT", now = FormatHttpDate(clock_.Now());
  const auto condition = [&](http::Headers headers) {
    headers.Set("x-amz-copy-source", "bkt/k");
    return Element(Call("PUT", "/bkt/c", std::move(headers)).body, "Condition");
  };
  const std::string prefix = "x-amz-copy-source-If-";

  EXPECT_EQ(
      condition({{"x-amz-copy-source-if-match", "no"}, {"x-amz-copy-source-if-none-match", etag}}),
      prefix + "Match");
  EXPECT_EQ(condition({{"x-amz-copy-source-if-unmodified-since", before},
                       {"x-amz-copy-source-if-none-match", etag}}),
            prefix + "Unmodified-Since");
  EXPECT_EQ(condition({{"x-amz-copy-source-if-modified-since", before},
                       {"x-amz-copy-source-if-none-match", etag}}),
            prefix + "None-Match");
  EXPECT_EQ(condition({{"x-amz-copy-source-if-modified-since", now}}), prefix + "Modified-Since");
}

TEST_F(ObjectTest, IfModifiedSinceIsNotLookedAtInTheFuture) {
  Put("/bkt/k", "x");
  const std::string now = FormatHttpDate(clock_.Now()), later = "Tue, 24 Nov 2099 20:17:40 GMT";

  EXPECT_EQ(Call("GET", "/bkt/k", {{"If-Modified-Since", now}}).status, 304);
  EXPECT_EQ(Call("GET", "/bkt/k", {{"If-Modified-Since", later}}).status, 200);
  EXPECT_EQ(Call("HEAD", "/bkt/k", {{"If-Modified-Since", later}}).status, 200);
  EXPECT_EQ(Call("PUT", "/bkt/c",
                 {{"x-amz-copy-source", "bkt/k"}, {"x-amz-copy-source-if-modified-since", later}})
                .status,
            200);
}

TEST_F(ObjectTest, ConditionsThatNoWriteTakesAreRefusedWithTheReason) {
  const auto star = Call("PUT", "/bkt/k", {{"If-Match", "*"}}, "x");
  EXPECT_EQ(star.status, 501);
  EXPECT_EQ(Element(star.body, "additionalMessage"),
            "We don't accept the provided value of If-Match header for this API");
  const auto both = Call("PUT", "/bkt/k", {{"If-Match", "e"}, {"If-None-Match", "*"}}, "x");
  EXPECT_EQ(both.status, 501);
  EXPECT_EQ(Element(both.body, "Header"), "If-Match,If-None-Match");
}

TEST_F(ObjectTest, APlusInACopysSourceIsASpace) {
  Put("/bkt/a%20b", "x");
  Put("/bkt/a%2Bb", "y");

  EXPECT_EQ(Call("PUT", "/bkt/c", {{"x-amz-copy-source", "bkt/a+b"}}).status, 200);
  EXPECT_EQ(Call("GET", "/bkt/c").body, "x");
  EXPECT_EQ(Call("PUT", "/bkt/c", {{"x-amz-copy-source", "bkt/a%2Bb"}}).status, 200);
  EXPECT_EQ(Call("GET", "/bkt/c").body, "y");
}

TEST_F(ObjectTest, EncodingsStayAsTheClientWroteThem) {
  for (const auto& [sent, kept] :
       {std::pair{"deflate, gzip", "deflate, gzip"},
        std::pair{"aws-chunked, deflate, gzip", "deflate, gzip"},
        std::pair{"gzip,aws-chunked", "gzip"}, std::pair{"aws-chunked", ""}}) {
    Put("/bkt/k", "x", {{"Content-Encoding", sent}});
    EXPECT_EQ(Call("GET", "/bkt/k").headers.GetOr("Content-Encoding", ""), kept);
  }
}

TEST_F(ObjectTest, ExpiresCanBeOverridden) {
  Put("/bkt/k", "x", {{"Expires", "Tue, 24 Nov 2020 20:17:40 GMT"}});

  EXPECT_EQ(Call("GET", "/bkt/k").headers.GetOr("Expires", ""), "Tue, 24 Nov 2020 20:17:40 GMT");
  EXPECT_EQ(Call("GET", "/bkt/k?response-expires=Wed%2C%2021%20Oct%202015%2007%3A28%3A00%20GMT")
                .headers.GetOr("Expires", ""),
            "Wed, 21 Oct 2015 07:28:00 GMT");
}

TEST_F(ObjectTest, BypassingRetentionIsRefusedWithoutALock) {
  Put("/bkt/k", "x");

  const auto reply = Call("DELETE", "/bkt/k", {{"x-amz-bypass-governance-retention", "false"}});
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(Element(reply.body, "ArgumentName"), "x-amz-bypass-governance-retention");
  EXPECT_EQ(Call("GET", "/bkt/k").status, 200);
}

TEST_F(ObjectTest, ACopyComputesTheChecksumItIsAskedFor) {
  Put("/bkt/k", "hello world");

  const auto copy = Call("PUT", "/bkt/c",
                         {{"x-amz-copy-source", "bkt/k"}, {"x-amz-checksum-algorithm", "SHA256"}});

  EXPECT_EQ(Element(copy.body, "ChecksumSHA256"), Base64Encode(Sha256("hello world")));
  EXPECT_EQ(Call("HEAD", "/bkt/c", {{"x-amz-checksum-mode", "ENABLED"}})
                .headers.GetOr("x-amz-checksum-sha256", ""),
            Base64Encode(Sha256("hello world")));
}

TEST_F(ObjectTest, DeletesForgive) {
  Put("/bkt/k", "x");

  EXPECT_EQ(Call("DELETE", "/bkt/k").status, 204);
  EXPECT_EQ(Call("DELETE", "/bkt/k").status, 204);
  EXPECT_EQ(Call("GET", "/bkt/k").status, 404);
}

TEST_F(ObjectTest, ManyAreDeletedAtOnce) {
  for (const char* key : {"a", "b", "c"}) Put(std::string("/bkt/") + key, "x");

  const auto reply =
      Call("POST", "/bkt?delete", {},
           "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a</Key></Object>"
           "<Object><Key>missing</Key></Object><Object><Key>b</Key><VersionId>v7</VersionId></"
           "Object></Delete>");

  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(Elements(reply.body, "Deleted"), ElementsAre("<Key>a</Key>", "<Key>missing</Key>"));
  const std::string error = Element(reply.body, "Error");
  EXPECT_EQ(Element(error, "Key"), "b");
  EXPECT_EQ(Element(error, "VersionId"), "v7");
  EXPECT_EQ(Element(error, "Code"), "NoSuchVersion");
  EXPECT_EQ(Element(error, "Message"), "The specified version does not exist.");
  EXPECT_EQ(Call("GET", "/bkt/a").status, 404);
  EXPECT_EQ(Call("GET", "/bkt/b").status, 200);
  ASSERT_EQ(accesses_[0].action, "s3:GetObject");

  const auto quiet = Call("POST", "/bkt?delete", {},
                          "<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object></Delete>");
  EXPECT_THAT(Elements(quiet.body, "Deleted"), IsEmpty());
  EXPECT_EQ(accesses_[0].action, "s3:DeleteObject");
  EXPECT_EQ(accesses_[0].resource, "arn:aws:s3:::bkt/c");
  EXPECT_EQ(Code(Call("POST", "/bkt?delete", {}, "<Delete></Delete>")), "MalformedXML");
  EXPECT_EQ(Code(Call("POST", "/bkt?delete", {}, "no xml")), "MalformedXML");
}

TEST_F(ObjectTest, TheOnlyVersionIsCalledNull) {
  Put("/bkt/k", "x");

  for (const char* method : {"GET", "HEAD"}) {
    const auto reply = Call(method, "/bkt/k?versionId=null");
    EXPECT_EQ(reply.status, 200);
    EXPECT_FALSE(reply.headers.Has("x-amz-version-id"));
    EXPECT_TRUE(reply.headers.Has("x-amz-id-2"));
    EXPECT_EQ(accesses_[0].action, "s3:GetObjectVersion");
  }
  EXPECT_EQ(
      Call("GET", "/bkt/k?attributes&versionId=null", {{"x-amz-object-attributes", "ETag"}}).status,
      200);
  EXPECT_EQ(accesses_[0].action, "s3:GetObjectVersion");
  EXPECT_EQ(accesses_[1].action, "s3:GetObjectVersionAttributes");
  EXPECT_EQ(Call("PUT", "/bkt/c", {{"x-amz-copy-source", "bkt/k?versionId=null"}}).status, 200);
  EXPECT_EQ(accesses_[0].action, "s3:GetObjectVersion");
  EXPECT_EQ(Call("DELETE", "/bkt/k?versionId=null").status, 204);
  EXPECT_EQ(accesses_[0].action, "s3:DeleteObjectVersion");
  EXPECT_EQ(Call("GET", "/bkt/k").status, 404);

  const auto many =
      Call("POST", "/bkt?delete", {},
           "<Delete><Object><Key>c</Key><VersionId>null</VersionId></Object></Delete>");
  EXPECT_EQ(Element(Element(many.body, "Deleted"), "VersionId"), "null");
  EXPECT_EQ(accesses_[0].action, "s3:DeleteObjectVersion");
  EXPECT_EQ(Call("GET", "/bkt/c").status, 404);
}

TEST_F(ObjectTest, AnotherVersionIsRefused) {
  Put("/bkt/k", "x");

  for (const auto& reply :
       {Call("GET", "/bkt/k?versionId=v7"), Call("DELETE", "/bkt/k?versionId=v7"),
        Call("GET", "/bkt/k?attributes&versionId=v7", {{"x-amz-object-attributes", "ETag"}}),
        Call("PUT", "/bkt/c", {{"x-amz-copy-source", "bkt/k?versionId=v7"}})}) {
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(Code(reply), "InvalidArgument");
    EXPECT_EQ(Element(reply.body, "Message"), "Invalid version id specified");
    EXPECT_EQ(Element(reply.body, "ArgumentValue"), "v7");
  }
  EXPECT_EQ(Call("GET", "/bkt/k").status, 200);
}

TEST_F(ObjectTest, DeletesMayBeConditional) {
  const std::string etag = Put("/bkt/k", "1");

  const auto changed = Call("DELETE", "/bkt/k", {{"If-Match", "\"other\""}});
  EXPECT_EQ(changed.status, 412);
  EXPECT_EQ(Code(changed), "PreconditionFailed");
  EXPECT_EQ(Element(changed.body, "Condition"), "If-Match");
  EXPECT_EQ(Call("GET", "/bkt/k").status, 200);
  EXPECT_EQ(Call("DELETE", "/bkt/k", {{"If-Match", etag}}).status, 204);
  ASSERT_EQ(accesses_.size(), 2U);
  EXPECT_EQ(accesses_[1].action, "s3:GetObject");
  const auto gone = Call("DELETE", "/bkt/k", {{"If-Match", "*"}});
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(Code(gone), "NoSuchKey");
  Put("/bkt/k", "2");
  EXPECT_EQ(Call("DELETE", "/bkt/k", {{"If-Match", "\"*\""}}).status, 412)
      << "with quotes it is an ETag";
  EXPECT_EQ(Call("DELETE", "/bkt/k", {{"If-Match", "*"}}).status, 204);
  EXPECT_EQ(Call("DELETE", "/bkt/k", {{"If-Match", ""}}).status, 204)
      << "an empty one says nothing";
  EXPECT_EQ(Call("DELETE", "/bkt/k", {{"x-amz-if-match-size", "1"}}).status, 501)
      << "directory buckets' alone";
}

TEST_F(ObjectTest, OfManyKeysEachMayHaveItsCondition) {
  const std::string etag = Put("/bkt/a", "x");
  Put("/bkt/b", "y");

  const auto reply = Call(
      "POST", "/bkt?delete", {},
      "<Delete><Object><Key>a</Key><ETag>" + etag + "</ETag></Object><Object><Key>b</Key><ETag>" +
          etag + "</ETag></Object><Object><Key>c</Key><ETag>*</ETag></Object></Delete>");

  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(Elements(reply.body, "Deleted"), ElementsAre("<Key>a</Key>"));
  EXPECT_THAT(Elements(reply.body, "Code"), ElementsAre("PreconditionFailed", "NoSuchKey"));
  EXPECT_EQ(Call("GET", "/bkt/b").status, 200);
}

TEST_F(ObjectTest, UnknownStorageClassesAreRefused) {
  Put("/bkt/k", "x");
  const http::Headers cold{{"x-amz-storage-class", "COLD"}};
  http::Headers copy = cold;
  copy.Set("x-amz-copy-source", "bkt/k");

  for (const auto& reply :
       {Call("PUT", "/bkt/new", cold, "x"), Call("POST", "/bkt/new?uploads", cold),
        Call("PUT", "/bkt/new", copy)}) {
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(Code(reply), "InvalidStorageClass");
    EXPECT_EQ(Element(reply.body, "Message"), "The storage class you specified is not valid");
    EXPECT_EQ(Element(reply.body, "StorageClassRequested"), "COLD");
  }
  EXPECT_EQ(Call("HEAD", "/bkt/new").status, 404);
}

TEST_F(ObjectTest, StorageClassIsKept) {
  Put("/bkt/k", "x", {{"x-amz-storage-class", "STANDARD_IA"}});

  EXPECT_EQ(Call("HEAD", "/bkt/k").headers.GetOr("x-amz-storage-class", ""), "STANDARD_IA");
  EXPECT_EQ(Element(Call("GET", "/bkt?list-type=2").body, "StorageClass"), "STANDARD_IA");
  Put("/bkt/k", "x");
  EXPECT_FALSE(Call("HEAD", "/bkt/k").headers.Has("x-amz-storage-class"));
}

}  // namespace
}  // namespace sagebrush::services::s3
