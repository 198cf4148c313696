// SPDX-License-Identifier: Apache-2.0
#include "services/s3/bucket.h"

#include "services/s3/test_s3.h"

namespace sagebrush::services::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BucketTest : public S3Test {
 protected:
  http::Response Create(const std::string& name, const std::string& region) {
    return Call(
        "PUT", "/" + name, {},
        region.empty()
            ? ""
            : "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
              "<LocationConstraint>" +
                  region + "</LocationConstraint></CreateBucketConfiguration>");
  }
};

TEST_F(BucketTest, TheTutorialsBucketHasUnderscores) {
  const auto reply = Create("tensorflow_sentiment_analysis", "us-west-2");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.GetOr("Location", ""), "/tensorflow_sentiment_analysis");
  EXPECT_EQ(Call("HEAD", "/tensorflow_sentiment_analysis").headers.GetOr("x-amz-bucket-region", ""),
            "us-west-2");
}

TEST_F(BucketTest, NamesFollowS3sRules) {
  for (const char* good : {"abc", "a.b-c_d", "123", "sagemaker-us-west-2-123456789012"})
    EXPECT_TRUE(IsValidBucketName(good)) << good;
  for (const char* bad :
       {"ab", "Abc", "-abc", "abc-", "_abc", "a..b", "192.168.0.1", "a b c", "ünï"})
    EXPECT_FALSE(IsValidBucketName(bad)) << bad;
  EXPECT_FALSE(IsValidBucketName(std::string(64, 'a')));

  const auto reply = Create("Upper", "us-west-2");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(Code(reply), "InvalidBucketName");
  EXPECT_EQ(Element(reply.body, "BucketName"), "Upper");
}

TEST_F(BucketTest, CreatingAgainIsRefusedOutsideUsEast1) {
  MakeBucket("bkt");

  const auto reply = Create("bkt", "us-west-2");

  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(Code(reply), "BucketAlreadyOwnedByYou");
}

TEST_F(BucketTest, CreatingAgainIsFineInUsEast1) {
  region_ = "us-east-1";

  EXPECT_EQ(Create("bkt", "").status, 200);
  EXPECT_EQ(Create("bkt", "").status, 200);
}

TEST_F(BucketTest, AnothersBucketIsTakenAndClosed) {
  MakeBucket("bkt");
  account_ = "210987654321";

  EXPECT_EQ(Code(Create("bkt", "us-west-2")), "BucketAlreadyExists");
  EXPECT_EQ(Call("HEAD", "/bkt").status, 403);
  EXPECT_EQ(Code(Call("GET", "/bkt?list-type=2")), "AccessDenied");
}

TEST_F(BucketTest, TheLocationMustBeTheEndpoints) {
  const auto none = Create("bkt", "");
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(Code(none), "IllegalLocationConstraintException");
  EXPECT_EQ(Element(none.body, "Message"),
            "The unspecified location constraint is incompatible for the region specific endpoint "
            "this request was sent to.");
  EXPECT_THAT(Element(Create("bkt", "eu-west-1").body, "Message"),
              HasSubstr("The eu-west-1 location constraint is incompatible"));
  EXPECT_THAT(Element(Create("bkt", "EU").body, "Message"),
              HasSubstr("The EU location constraint is incompatible"));
  EXPECT_EQ(Code(Create("bkt", "us-east-1")), "IllegalLocationConstraintException");
  region_ = "us-east-1";
  for (const char* wrong : {"us-east-1", "foo", "aws-global"}) {
    const auto refused = Create("bkt", wrong);
    EXPECT_EQ(Code(refused), "InvalidLocationConstraint");
    EXPECT_EQ(Element(refused.body, "LocationConstraint"), wrong);
  }
  EXPECT_EQ(Create("bkt", "eu-west-1").status, 200);
  EXPECT_THAT(Call("GET", "/bkt?location").body, HasSubstr(">eu-west-1</LocationConstraint>"));
}

TEST_F(BucketTest, LocationOfUsEast1IsEmpty) {
  region_ = "us-east-1";
  ASSERT_EQ(Create("bkt", "").status, 200);

  EXPECT_THAT(Call("GET", "/bkt?location").body,
              HasSubstr("<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"));
}

TEST_F(BucketTest, AMissingBucketIsToldWithItsName) {
  const auto reply = Call("GET", "/nope?list-type=2");

  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(Code(reply), "NoSuchBucket");
  EXPECT_EQ(Element(reply.body, "Message"), "The specified bucket does not exist");
  EXPECT_EQ(Element(reply.body, "BucketName"), "nope");
  const auto head = Call("HEAD", "/nope");
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.body, "");
}

TEST_F(BucketTest, TheExpectedOwnerIsChecked) {
  MakeBucket();

  EXPECT_EQ(Call("HEAD", "/bkt", {{"x-amz-expected-bucket-owner", "123456789012"}}).status, 200);
  EXPECT_EQ(Call("HEAD", "/bkt", {{"x-amz-expected-bucket-owner", "210987654321"}}).status, 403);
  EXPECT_EQ(Code(Call("PUT", "/bkt/k", {{"x-amz-expected-bucket-owner", "210987654321"}}, "x")),
            "AccessDenied");
  EXPECT_EQ(bytes_read_, 0U);
}

TEST_F(BucketTest, ListsBucketsInPages) {
  for (const char* name : {"bkt-c", "bkt-a", "bkt-b"}) MakeBucket(name);

  const auto all = Call("GET", "/");
  EXPECT_THAT(Elements(all.body, "Name"), ElementsAre("bkt-a", "bkt-b", "bkt-c"));
  EXPECT_THAT(all.body, HasSubstr("<CreationDate>2026-11-24T20:17:40.000Z</CreationDate>"));
  const auto first = Call("GET", "/?max-buckets=2");
  EXPECT_THAT(Elements(first.body, "Name"), ElementsAre("bkt-a", "bkt-b"));
  const auto second = Call("GET", "/?max-buckets=2&continuation-token=" +
                                      PercentEncode(Element(first.body, "ContinuationToken")));
  EXPECT_THAT(Elements(second.body, "Name"), ElementsAre("bkt-c"));
  EXPECT_EQ(Element(second.body, "ContinuationToken"), "");
}

TEST_F(BucketTest, OnlyAnEmptyBucketIsDeleted) {
  MakeBucket();
  Put("/bkt/k", "x");

  const auto refused = Call("DELETE", "/bkt");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(Code(refused), "BucketNotEmpty");
  EXPECT_EQ(Call("DELETE", "/bkt/k").status, 204);
  EXPECT_EQ(Call("DELETE", "/bkt").status, 204);
  EXPECT_EQ(Call("HEAD", "/bkt").status, 404);
}

TEST_F(BucketTest, ABucketsArnIsToldWhereS3TellsIt) {
  const auto made = Create("bkt", "us-west-2");
  EXPECT_EQ(made.headers.GetOr("x-amz-bucket-arn", ""), "arn:aws:s3:::bkt");

  const auto head = Call("HEAD", "/bkt");
  EXPECT_EQ(head.headers.GetOr("x-amz-bucket-arn", ""), "arn:aws:s3:::bkt");
  EXPECT_EQ(head.headers.GetOr("x-amz-bucket-region", ""), "us-west-2");
  EXPECT_EQ(head.headers.GetOr("x-amz-access-point-alias", ""), "false");
  EXPECT_EQ(Element(Call("GET", "/?max-buckets=10").body, "BucketArn"), "arn:aws:s3:::bkt");
  EXPECT_EQ(Element(Call("GET", "/").body, "BucketArn"), "");
}

TEST_F(BucketTest, AListOfAnUnknownRegionIsRefused) {
  const auto reply = Call("GET", "/?bucket-region=eu-east-1");

  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(Element(reply.body, "Message"), "Argument value eu-east-1 is not a valid AWS Region");
  EXPECT_EQ(Element(reply.body, "ArgumentName"), "bucket-region");
  EXPECT_EQ(Call("GET", "/?bucket-region=eu-central-1").status, 200);
}

TEST_F(BucketTest, TagsAreNotTakenAndForgotten) {
  const auto reply = Call("PUT", "/bkt", {},
                          "<CreateBucketConfiguration><LocationConstraint>us-west-2</"
                          "LocationConstraint><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags>"
                          "</CreateBucketConfiguration>");

  EXPECT_EQ(reply.status, 501);
  EXPECT_EQ(Call("HEAD", "/bkt").status, 404);
}

TEST_F(BucketTest, VersioningWasNeverEnabled) {
  MakeBucket();

  const auto reply = Call("GET", "/bkt?versioning");

  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Element(reply.body, "Status"), "");
}

TEST_F(BucketTest, ActionsNameTheBucket) {
  MakeBucket();

  (void)Call("GET", "/bkt?list-type=2&prefix=a%2F");
  ASSERT_EQ(accesses_.size(), 1U);
  EXPECT_EQ(accesses_[0].action, "s3:ListBucket");
  EXPECT_EQ(accesses_[0].resource, "arn:aws:s3:::bkt");
  EXPECT_EQ(accesses_[0].context.at("s3:prefix"), "a/");
  (void)Call("GET", "/bkt?versions&prefix=a%2F");
  EXPECT_EQ(accesses_[0].action, "s3:ListBucketVersions");
  EXPECT_EQ(accesses_[0].context.at("s3:prefix"), "a/");
  (void)Call("GET", "/");
  EXPECT_EQ(accesses_[0].action, "s3:ListAllMyBuckets");
  EXPECT_EQ(accesses_[0].resource, "*");
}

}  // namespace
}  // namespace sagebrush::services::s3
