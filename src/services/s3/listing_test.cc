// SPDX-License-Identifier: Apache-2.0
#include "services/s3/test_s3.h"

namespace sagebrush::services::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ListingTest : public S3Test {
 protected:
  ListingTest() {
    MakeBucket();
    for (const char* key : {"a", "a/b", "data/test/1", "data/test/2", "data/train/1", "z"})
      Put("/bkt/" + PercentEncode(key, true), "xyz");
  }
};

TEST_F(ListingTest, Version2GivesKeysAndCount) {
  const auto reply = Call("GET", "/bkt?list-type=2");

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(Elements(reply.body, "Key"),
              ElementsAre("a", "a/b", "data/test/1", "data/test/2", "data/train/1", "z"));
  EXPECT_EQ(Element(reply.body, "KeyCount"), "6");
  EXPECT_EQ(Element(reply.body, "MaxKeys"), "1000");
  EXPECT_EQ(Element(reply.body, "IsTruncated"), "false");
  EXPECT_EQ(Element(reply.body, "ETag"), "\"" + HexEncode(Md5("xyz")) + "\"");
  EXPECT_EQ(Element(reply.body, "Size"), "3");
  EXPECT_EQ(Element(reply.body, "LastModified"), "2026-11-24T20:17:40.000Z");
  EXPECT_EQ(Element(reply.body, "Owner"), "");
  EXPECT_THAT(Call("GET", "/bkt?list-type=2&fetch-owner=true").body, HasSubstr("<Owner>"));
}

TEST_F(ListingTest, PrefixesAreRolledUp) {
  const auto reply = Call("GET", "/bkt?list-type=2&delimiter=%2F&prefix=data%2F&encoding-type=url");

  EXPECT_THAT(reply.body,
              HasSubstr("<CommonPrefixes><Prefix>data/test/</Prefix></CommonPrefixes>"
                        "<CommonPrefixes><Prefix>data/train/</Prefix></CommonPrefixes>"));
  EXPECT_THAT(Elements(reply.body, "Key"), IsEmpty());
  EXPECT_EQ(Element(reply.body, "KeyCount"), "2");
  EXPECT_EQ(Element(reply.body, "EncodingType"), "url");
}

TEST_F(ListingTest, TokensLeadThroughAllPages) {
  std::vector<std::string> seen;
  std::string token;
  for (int pages = 0; pages < 10; ++pages) {
    const auto reply =
        Call("GET", "/bkt?list-type=2&delimiter=%2F&max-keys=1" +
                        (token.empty() ? "" : "&continuation-token=" + PercentEncode(token)));
    ASSERT_EQ(reply.status, 200) << reply.body;
    for (const auto& key : Elements(reply.body, "Key")) seen.push_back(key);
    for (const auto& prefix : Elements(reply.body, "CommonPrefixes"))
      seen.push_back(Element(prefix, "Prefix"));
    if (Element(reply.body, "IsTruncated") == "false") break;
    token = Element(reply.body, "NextContinuationToken");
    EXPECT_THAT(token, Not(HasSubstr("data")));
  }

  EXPECT_THAT(seen, ElementsAre("a", "a/", "data/", "z"));
}

TEST_F(ListingTest, ABadTokenIsRefused) {
  for (const char* token : {"nonsense!", "YWJj", ""}) {
    const auto reply = Call("GET", std::string("/bkt?list-type=2&continuation-token=") + token);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(Code(reply), "InvalidArgument");
  }
}

TEST_F(ListingTest, StartAfterAndMaxKeys) {
  EXPECT_THAT(Elements(Call("GET", "/bkt?list-type=2&start-after=data%2Ftest%2F1").body, "Key"),
              ElementsAre("data/test/2", "data/train/1", "z"));
  const auto none = Call("GET", "/bkt?list-type=2&max-keys=0");
  EXPECT_EQ(Element(none.body, "IsTruncated"), "false");
  EXPECT_EQ(Element(none.body, "KeyCount"), "0");
  EXPECT_EQ(Element(Call("GET", "/bkt?list-type=2&max-keys=5000").body, "MaxKeys"), "1000");
  EXPECT_EQ(Code(Call("GET", "/bkt?list-type=2&max-keys=-1")), "InvalidArgument");
}

TEST_F(ListingTest, Version1HasMarkers) {
  const auto first = Call("GET", "/bkt?max-keys=2");
  EXPECT_THAT(Elements(first.body, "Key"), ElementsAre("a", "a/b"));
  EXPECT_EQ(Element(first.body, "IsTruncated"), "true");
  EXPECT_EQ(Element(first.body, "NextMarker"), "");
  EXPECT_THAT(first.body, HasSubstr("<Owner>"));
  EXPECT_THAT(Elements(Call("GET", "/bkt?marker=data%2Ftrain%2F1").body, "Key"), ElementsAre("z"));

  const auto rolled = Call("GET", "/bkt?max-keys=2&delimiter=%2F");
  EXPECT_EQ(Element(rolled.body, "NextMarker"), "a/");
  const auto next = Call("GET", "/bkt?delimiter=%2F&marker=a%2F");
  EXPECT_THAT(Elements(next.body, "Key"), ElementsAre("z"));
  EXPECT_THAT(next.body, HasSubstr("<Prefix>data/</Prefix>"));
}

TEST_F(ListingTest, AMarkerWithinACommonPrefixPassesAllOfIt) {
  for (const char* list : {"/bkt?delimiter=%2F&marker=data%2Ftest%2F1",
                           "/bkt?versions&delimiter=%2F&key-marker=data%2Ftest%2F1"}) {
    const auto reply = Call("GET", list);
    EXPECT_THAT(Elements(reply.body, "Key"), ElementsAre("z")) << reply.body;
    EXPECT_THAT(Elements(reply.body, "CommonPrefixes"), IsEmpty());
  }
}

TEST_F(ListingTest, AContinuedPageDoesNotRepeatWhereTheFirstBegan) {
  const auto first = Call("GET", "/bkt?list-type=2&start-after=a&max-keys=1");
  EXPECT_EQ(Element(first.body, "StartAfter"), "a");

  const auto second = Call("GET", "/bkt?list-type=2&start-after=a&max-keys=1&continuation-token=" +
                                      PercentEncode(Element(first.body, "NextContinuationToken")));

  EXPECT_THAT(Elements(second.body, "Key"), ElementsAre("data/test/1"));
  EXPECT_THAT(second.body, Not(HasSubstr("StartAfter")));
}

TEST_F(ListingTest, TimesAreWholeSeconds) {
  clock_.Advance(std::chrono::milliseconds(361));
  Put("/bkt/late", "x");

  EXPECT_EQ(Element(Call("GET", "/bkt?prefix=late").body, "LastModified"),
            "2026-11-24T20:17:40.000Z");
}

TEST_F(ListingTest, EveryObjectIsAVersion) {
  const auto reply = Call("GET", "/bkt?versions&prefix=data%2Ftest%2F&encoding-type=url");

  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("<ListVersionsResult"));
  const auto versions = Elements(reply.body, "Version");
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(Element(versions[0], "Key"), "data/test/1");
  EXPECT_EQ(Element(versions[0], "VersionId"), "null");
  EXPECT_EQ(Element(versions[0], "IsLatest"), "true");
  EXPECT_EQ(Element(versions[0], "Size"), "3");
  EXPECT_EQ(Element(versions[0], "ETag"), "\"" + HexEncode(Md5("xyz")) + "\"");
  EXPECT_THAT(versions[0], HasSubstr("<Owner><ID>"));
  for (const char* empty : {"<KeyMarker></KeyMarker>", "<VersionIdMarker></VersionIdMarker>"})
    EXPECT_THAT(reply.body, HasSubstr(empty));
  for (const char* absent : {"NextKeyMarker", "NextVersionIdMarker", "Delimiter", "DeleteMarker",
                             "CommonPrefixes", "Contents", "KeyCount", "DisplayName"})
    EXPECT_THAT(reply.body, Not(HasSubstr(absent)));
}

TEST_F(ListingTest, MarkersLeadThroughAllPagesOfVersions) {
  std::vector<std::string> seen;
  std::string markers;
  for (int pages = 0; pages < 10; ++pages) {
    const auto reply = Call("GET", "/bkt?versions&delimiter=%2F&max-keys=1" + markers);
    ASSERT_EQ(reply.status, 200) << reply.body;
    for (const auto& key : Elements(reply.body, "Key")) seen.push_back(key);
    for (const auto& prefix : Elements(reply.body, "CommonPrefixes"))
      seen.push_back(Element(prefix, "Prefix"));
    if (Element(reply.body, "IsTruncated") == "false") break;
    // A common prefix is no version.
    EXPECT_EQ(Element(reply.body, "NextVersionIdMarker"), seen.back().back() == '/' ? "" : "null");
    markers = "&key-marker=" + PercentEncode(Element(reply.body, "NextKeyMarker"));
    if (seen.back().back() != '/') markers += "&version-id-marker=null";
  }

  EXPECT_THAT(seen, ElementsAre("a", "a/", "data/", "z"));
}

TEST_F(ListingTest, AVersionMarkerIsChecked) {
  struct Case {
    const char* query;
    const char* message;
  };
  for (const Case& one :
       {Case{"&version-id-marker=v",
             "A version-id marker cannot be specified without a key marker."},
        Case{"&version-id-marker=",
             "A version-id marker cannot be specified without a key marker."},
        Case{"&key-marker=a&version-id-marker=", "A version-id marker cannot be empty."},
        Case{"&key-marker=a&version-id-marker=v", "Invalid version id specified"}}) {
    const auto reply = Call("GET", std::string("/bkt?versions&encoding-type=no") + one.query);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(Code(reply), "InvalidArgument");
    EXPECT_EQ(Element(reply.body, "Message"), one.message);
    EXPECT_EQ(Element(reply.body, "ArgumentName"), "version-id-marker");
  }
}

TEST_F(ListingTest, OddKeysAreEncodedWhenAskedFor) {
  Put("/bkt/odd%20%2B%26%C3%BC%0A", "x");

  EXPECT_THAT(Elements(Call("GET", "/bkt?list-type=2&prefix=odd&encoding-type=url").body, "Key"),
              ElementsAre("odd%20%2B%26%C3%BC%0A"));
  for (const char* list : {"/bkt?", "/bkt?list-type=2&", "/bkt?versions&", "/bkt?uploads&"}) {
    for (const char* encoding : {"base64", ""}) {
      const auto reply = Call("GET", std::string(list) + "encoding-type=" + encoding);
      EXPECT_EQ(Element(reply.body, "Message"), "Invalid Encoding Method specified in Request");
      EXPECT_EQ(Element(reply.body, "ArgumentName"), "encoding-type");
    }
  }
}

TEST_F(ListingTest, WhatIsNoNumberIsToldSo) {
  struct Case {
    const char* target;
    const char* name;
    const char* value;
  };
  for (const Case& one :
       {Case{"/bkt?max-keys=abc", "max-keys", "abc"},
        Case{"/bkt?list-type=2&max-keys=99999999999", "max-keys", "99999999999"},
        Case{"/bkt?uploads&max-uploads=1.5", "max-uploads", "1.5"},
        Case{"/bkt/k?uploadId=u&max-parts=x", "max-parts", "x"},
        Case{"/bkt/k?uploadId=u&part-number-marker=x", "part-number-marker", "x"}}) {
    const auto reply = Call("GET", one.target);
    EXPECT_EQ(reply.status, 400) << one.target;
    EXPECT_EQ(Code(reply), "InvalidArgument");
    EXPECT_EQ(Element(reply.body, "Message"),
              "Provided " + std::string(one.name) + " not an integer or within integer range");
    EXPECT_EQ(Element(reply.body, "ArgumentName"), one.name);
    EXPECT_EQ(Element(reply.body, "ArgumentValue"), one.value);
  }
  EXPECT_EQ(Element(Call("PUT", "/bkt/k?uploadId=u&partNumber=x").body, "Message"),
            "Part number must be an integer between 1 and 10000, inclusive");
}

}  // namespace
}  // namespace sagebrush::services::s3
