// SPDX-License-Identifier: Apache-2.0
// What botocore 1.44.5 sends becomes the document that its caller wrote.
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "aws/request_text_for_test.h"
#include "aws/router.h"
#include "aws_models/services.h"

namespace sagebrush::aws {
namespace {

Outcome<Json> DecodeText(const Service& service, std::string_view operation,
                         const RequestText& text) {
  const Route route{.service = &service,
                    .protocol = service.protocol(),
                    .path = std::string(text.request.raw_path())};
  return Decode(route, *service.FindOperation(operation), text.request, text.body);
}

std::string Decoded(const Service& service, std::string_view operation, std::string_view text) {
  const auto document = DecodeText(service, operation, RequestText(text));
  if (!document.ok()) {
    const Error error = document.error(service.protocol());
    return error.code + ": " + error.message;
  }
  return document->Dump();
}

std::string SageMaker(std::string_view operation, std::string_view body) {
  return Decoded(SagemakerModel(), operation, "POST /\n\n" + std::string(body));
}

TEST(DecodeJson, KeepsTheDocumentAndItsOrder) {
  EXPECT_EQ(
      SageMaker(
          "CreateTrainingJob",
          R"({"TrainingJobName": "tf-job-1", "HyperParameters": {"epochs": "2", "name": "\"x\""}, "Tags": []})"),
      R"({"TrainingJobName":"tf-job-1","HyperParameters":{"epochs":"2","name":"\"x\""},"Tags":[]})");
}

TEST(DecodeJson, TimestampsAreSeconds) {
  EXPECT_EQ(
      SageMaker("ListTrainingJobs", R"({"CreationTimeAfter": 1795551460.5, "MaxResults": 5})"),
      R"({"CreationTimeAfter":1795551460.5,"MaxResults":5})");
  EXPECT_EQ(SageMaker("ListTrainingJobs", R"({"CreationTimeAfter": "2026-11-24T20:17:40.500Z"})"),
            R"({"CreationTimeAfter":1795551460.5})");
}

TEST(DecodeJson, UnknownMembersAndNullsAreLeftOut) {
  EXPECT_EQ(SageMaker("DescribeTrainingJob", R"({"TrainingJobName":"a","Brandnew":1})"),
            R"({"TrainingJobName":"a"})");
  EXPECT_EQ(SageMaker("DescribeTrainingJob", R"({"TrainingJobName":null})"), "{}");
}

TEST(DecodeJson, WrongTypesAreToldInTheWordsOfAws) {
  EXPECT_EQ(SageMaker("DescribeTrainingJob", R"({"TrainingJobName":1})"),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(SageMaker("DescribeTrainingJob", R"({"TrainingJobName":["a"]})"),
            "SerializationException: Start of list found where not expected");
  EXPECT_EQ(SageMaker("DescribeTrainingJob", R"({"TrainingJobName":{"a":1}})"),
            "SerializationException: Start of structure or map found where not expected.");
  EXPECT_EQ(SageMaker("ListTrainingJobs", R"({"MaxResults":"5"})"),
            "SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(SageMaker("CreateTrainingJob", R"({"Tags":"x"})"),
            "SerializationException: Expected list or null");
  EXPECT_EQ(SageMaker("CreateTrainingJob", R"({"ResourceConfig":"x"})"),
            "SerializationException: Expected null");
  EXPECT_EQ(SageMaker("CreateTrainingJob", "[]"),
            "SerializationException: Start of list found where not expected");
}

TEST(DecodeJson, BrokenBodiesAreRefused) {
  for (const char* body : {"", "{", R"({"TrainingJobName":"a"} x)", "{\"a\":\"\x01\"}"})
    EXPECT_EQ(SageMaker("DescribeTrainingJob", body),
              "SerializationException: Could not parse request body into json")
        << body;
  EXPECT_EQ(SageMaker("DescribeTrainingJob", "1"),
            "SerializationException: The request body is not a JSON object");
}

TEST(DecodeJson, FractionsOfIntegersAreCutOff) {
  EXPECT_EQ(SageMaker("ListTrainingJobs", R"({"MaxResults":5.9})"), R"({"MaxResults":5})");
}

TEST(DecodeJson, LogEvents) {
  EXPECT_EQ(
      Decoded(
          LogsModel(), "PutLogEvents",
          "POST /\n\n"
          R"({"logGroupName": "/g", "logStreamName": "j/algo-1-1", "logEvents": [{"timestamp": 1764015460123, "message": "hell\u00f6"}]})"),
      R"({"logGroupName":"/g","logStreamName":"j/algo-1-1","logEvents":[{"timestamp":1764015460123,"message":"hellö"}]})");
}

TEST(DecodeRestJson, LabelsAndHeadersButNotTheBody) {
  EXPECT_EQ(
      Decoded(SagemakerRuntimeModel(), "InvokeEndpoint", R"(POST /endpoints/tf%20ep/invocations
Host: 127.0.0.1:7070
Content-Type: application/json
Accept: application/json
X-Amzn-SageMaker-Target-Variant: A

[1,2])"),
      R"({"EndpointName":"tf ep","ContentType":"application/json","Accept":"application/json","TargetVariant":"A"})");
  EXPECT_TRUE(StreamsRequest(*SagemakerRuntimeModel().FindOperation("InvokeEndpoint")));
}

TEST(DecodeRestJson, NumbersInHeaders) {
  EXPECT_EQ(Decoded(SagemakerRuntimeModel(), "InvokeEndpointAsync",
                    R"(POST /endpoints/ep/async-invocations
X-Amzn-SageMaker-InputLocation: s3://b/in
X-Amzn-SageMaker-InvocationTimeoutSeconds: 77
)"),
            R"({"EndpointName":"ep","InputLocation":"s3://b/in","InvocationTimeoutSeconds":77})");
}

TEST(DecodeQuery, StructuresListsAndEmptyLists) {
  EXPECT_EQ(
      Decoded(StsModel(), "AssumeRole",
              "POST "
              "/\n\nAction=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%"
              "3Arole%2FR&RoleSessionName="
              "ses&DurationSeconds=3600&PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%"
              "2FA&PolicyArns.member.2.arn=arn%"
              "3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FB&Tags.member.1.Key=k+1&Tags.member.1.Value=v%26%3D&"
              "TransitiveTagKeys="),
      R"({"RoleArn":"arn:aws:iam::123456789012:role/R","RoleSessionName":"ses",)"
      R"("PolicyArns":[{"arn":"arn:aws:iam::aws:policy/A"},{"arn":"arn:aws:iam::aws:policy/B"}],"DurationSeconds":3600,)"
      R"("Tags":[{"Key":"k 1","Value":"v&="}],"TransitiveTagKeys":[]})");
}

TEST(DecodeQuery, TenthElementComesAfterTheSecond) {
  std::string form = "Action=CreateRole";
  for (const int i : {10, 2, 1})
    form += "&Tags.member." + std::to_string(i) + ".Key=k" + std::to_string(i);

  EXPECT_EQ(Decoded(IamModel(), "CreateRole", "POST /\n\n" + form),
            R"({"Tags":[{"Key":"k1"},{"Key":"k2"},{"Key":"k10"}]})");
}

TEST(DecodeQuery, BadScalarsAreRefused) {
  EXPECT_EQ(Decoded(StsModel(), "AssumeRole", "POST /\n\nDurationSeconds=soon"),
            "MalformedInput: DurationSeconds: 'soon' is not an integer");
}

std::string S3(std::string_view operation, std::string_view text) {
  return Decoded(S3Model(), operation, text);
}

TEST(DecodeRestXml, PutObject) {
  EXPECT_EQ(
      S3("PutObject", R"(PUT /tensorflow_sentiment_analysis/a%20b/%C3%BC%2B1.txt
x-amz-meta-Color: red
x-amz-meta-k2: v 2
Content-Type: text/plain
x-amz-storage-class: STANDARD
x-amz-expected-bucket-owner: 123456789012
Expect: 100-continue
x-amz-checksum-crc32: NhCmhg==
x-amz-sdk-checksum-algorithm: CRC32

hello)"),
      R"({"Bucket":"tensorflow_sentiment_analysis","ContentType":"text/plain","ChecksumAlgorithm":"CRC32",)"
      R"("ChecksumCRC32":"NhCmhg==","Key":"a b/ü+1.txt","Metadata":{"color":"red","k2":"v 2"},"StorageClass":"STANDARD",)"
      R"("ExpectedBucketOwner":"123456789012"})");
}

TEST(DecodeRestXml, QueryParameters) {
  EXPECT_EQ(
      S3("ListObjectsV2",
         "GET "
         "/b?list-type=2&prefix=x%2F%20y%2B&delimiter=%2F&max-keys=7&start-after=a&encoding-type="
         "url\n\n"),
      R"({"Bucket":"b","Delimiter":"/","EncodingType":"url","MaxKeys":7,"Prefix":"x/ y+","StartAfter":"a"})");
  EXPECT_EQ(S3("ListObjectsV2", "GET /b?list-type=2&max-keys=many\n\n"),
            "InvalidArgument: Provided max-keys not an integer or within integer range");
}

TEST(DecodeRestXml, FlattenedListsOfThePayload) {
  EXPECT_EQ(
      S3("DeleteObjects",
         "POST /b?delete\n\n<Delete "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;&lt;b&gt;"
         "</Key></Object><Object><Key> two "
         "</Key><VersionId>v1</VersionId></Object><Quiet>true</Quiet></Delete>"),
      R"({"Bucket":"b","Delete":{"Objects":[{"Key":"a&<b>"},{"Key":" two ","VersionId":"v1"}],"Quiet":true}})");
  EXPECT_EQ(
      S3("CompleteMultipartUpload",
         "POST /b/k?uploadId=u1\n\n<CompleteMultipartUpload "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><ETag>\"e1\"</ETag>"
         "<PartNumber>1</PartNumber><ChecksumCRC32>AAAAAA==</ChecksumCRC32></"
         "Part><Part><ETag>\"e2\"</ETag><PartNumber>2</PartNumber>"
         "</Part></CompleteMultipartUpload>"),
      R"({"Bucket":"b","Key":"k","UploadId":"u1","MultipartUpload":{"Parts":[{"ETag":"\"e1\"","ChecksumCRC32":"AAAAAA==","PartNumber":1},)"
      R"({"ETag":"\"e2\"","PartNumber":2}]}})");
}

TEST(DecodeRestXml, PayloadMayBeAbsent) {
  EXPECT_EQ(
      S3("CreateBucket",
         "PUT /b\n\n<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
         "<LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>"),
      R"({"Bucket":"b","CreateBucketConfiguration":{"LocationConstraint":"us-west-2"}})");
  EXPECT_EQ(S3("CreateBucket", "PUT /b\n\n"), R"({"Bucket":"b"})");
}

TEST(DecodeRestXml, AttributesListsWithinListsAndDates) {
  EXPECT_EQ(
      S3("PutBucketAcl",
         "PUT /b?acl\n\n<AccessControlPolicy "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><AccessControlList><Grant>"
         "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
         "xsi:type=\"CanonicalUser\"><ID>x</ID></Grantee>"
         "<Permission>READ</Permission></Grant></AccessControlList><Owner><ID>o</ID></Owner></"
         "AccessControlPolicy>"),
      R"({"Bucket":"b","AccessControlPolicy":{"Grants":[{"Grantee":{"ID":"x","Type":"CanonicalUser"},"Permission":"READ"}],"Owner":{"ID":"o"}}})");
  EXPECT_EQ(
      S3("PutBucketLifecycleConfiguration",
         "PUT "
         "/b?lifecycle\n\n<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</"
         "Status><Filter><And><Prefix>p</Prefix><Tag><Key>a</Key>"
         "<Value>b</Value></Tag></And></Filter><Expiration><Date>2026-01-02T00:00:00Z</Date></"
         "Expiration></Rule></LifecycleConfiguration>"),
      R"({"Bucket":"b","LifecycleConfiguration":{"Rules":[{"Expiration":{"Date":1767312000.0},"ID":"r","Filter":{"And":{"Prefix":"p",)"
      R"("Tags":[{"Key":"a","Value":"b"}]}},"Status":"Enabled"}]}})");
}

TEST(DecodeJson, TimesBeyondTheCalendarAreRefused) {
  EXPECT_EQ(SageMaker("ListModels", R"({"CreationTimeAfter":2.5e21})"),
            "SerializationException: a timestamp is beyond the years 1 to 9999");
}

// A document is kept as JSON text, and must be readable from it.
TEST(Decode, TextThatIsNotUtf8IsRefusedEverywhere) {
  EXPECT_EQ(Decoded(IamModel(), "CreateRole", "POST /\n\nAction=CreateRole&Description=%FF"),
            "MalformedInput: Description: a text is not UTF-8");
  EXPECT_TRUE(S3("GetObject", "GET /b/%FF\n").starts_with("InvalidArgument: "));
  EXPECT_TRUE(
      S3("DeleteObjects", "POST /b?delete\n\n<Delete><Object><Key>\xff</Key></Object></Delete>")
          .starts_with("MalformedXML: "));
  EXPECT_TRUE(S3("PutBucketPolicy", "PUT /b?policy\n\n\xff").starts_with("MalformedXML: "));
  EXPECT_TRUE(S3("PutObject", "PUT /b/k\nx-amz-meta-a: \xff\n").starts_with("InvalidArgument: "));
}

TEST(DecodeRestXml, HeaderListsAndDates) {
  EXPECT_EQ(
      S3("GetObjectAttributes", "GET /b/k?attributes\nx-amz-object-attributes: ETag,ObjectSize\n"),
      R"({"Bucket":"b","Key":"k","ObjectAttributes":["ETag","ObjectSize"]})");
  EXPECT_EQ(
      S3("GetObject",
         "GET /b/k\nRange: bytes=0-1\nIf-Modified-Since: Fri, 02 Jan 2026 03:04:05 "
         "GMT\nIf-None-Match: \"e\"\n"),
      R"({"Bucket":"b","IfModifiedSince":1767323045.0,"IfNoneMatch":"\"e\"","Key":"k","Range":"bytes=0-1"})");
  EXPECT_EQ(S3("GetObject", "GET /b/k\nIf-Modified-Since: yesterday\n"),
            R"({"Bucket":"b","Key":"k"})");
}

TEST(DecodeRestXml, BrokenXmlIsMalformed) {
  const std::string malformed =
      "MalformedXML: The XML you provided was not well-formed or did not validate against our "
      "published schema";
  EXPECT_EQ(S3("DeleteObjects", "POST /b?delete\n\n<Delete><Object>"), malformed);
  EXPECT_EQ(S3("DeleteObjects", "POST /b?delete\n\n<Wrong><Thing/></Wrong>"), malformed);
  EXPECT_EQ(S3("DeleteObjects", "POST /b?delete\n\nnot xml"), malformed);
  EXPECT_EQ(S3("CompleteMultipartUpload",
               "POST "
               "/b/k?uploadId=u\n\n<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></"
               "Part></CompleteMultipartUpload>"),
            malformed);
}

TEST(DecodeRestXml, ADoctypeIsRefusedBecauseItsEntitiesWouldStandForOtherKeys) {
  EXPECT_TRUE(S3("DeleteObjects",
                 "POST /b?delete\n\n<!DOCTYPE d [<!ENTITY e SYSTEM "
                 "\"file:///etc/passwd\">]><Delete><Object><Key>&e;</Key></Object></Delete>")
                  .starts_with("MalformedXML: "));
}

TEST(DecodeRestXml, StringPayloadsAreTheBody) {
  EXPECT_EQ(S3("PutBucketPolicy", "PUT /b?policy\n\n{\"Version\":1}"),
            R"({"Bucket":"b","Policy":"{\"Version\":1}"})");
}

}  // namespace
}  // namespace sagebrush::aws
