// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "aws/protocol.h"
#include "aws_models/services.h"

namespace sagebrush::aws {
namespace {

using namespace std::string_literals;

const ReplyTo kReplyTo{.request_id = "11111111-2222", .host_id = "host"};

// Status, headers and body as one text.
std::string Text(const http::Response& response) {
  std::string out = std::to_string(response.status) + "\n";
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\n";
  return out + "\n" + response.body;
}

std::string Encoded(const Service& service, std::string_view operation, std::string_view result) {
  return Text(Encode({.service = &service, .protocol = service.protocol()},
                     *service.FindOperation(operation), *Json::Parse(result), kReplyTo));
}

TEST(EncodeJson, TimestampsAreNumbersToTheMillisecond) {
  EXPECT_EQ(
      Encoded(
          SagemakerModel(), "DescribeModel",
          R"({"ModelName":"m","CreationTime":1795551460.12345,"EnableNetworkIsolation":false})"),
      "200\nContent-Type: application/x-amz-json-1.1\nx-amzn-RequestId: 11111111-2222\n\n"
      R"({"ModelName":"m","CreationTime":1795551460.123,"EnableNetworkIsolation":false})");
  EXPECT_NE(Encoded(SagemakerModel(), "DescribeModel", R"({"CreationTime":1700000000.0})")
                .find(R"({"CreationTime":1700000000})"),
            std::string::npos);
}

TEST(EncodeJson, OperationWithoutOutputAnswersWithNothing) {
  EXPECT_EQ(Encoded(SagemakerModel(), "DeleteModel", "{}"),
            "200\nContent-Type: application/x-amz-json-1.1\nx-amzn-RequestId: 11111111-2222\n\n");
}

TEST(EncodeJson, MembersOutsideTheModelDoNotLeak) {
  EXPECT_NE(Encoded(SagemakerModel(), "CreateModel", R"({"ModelArn":"a","internal":1})")
                .find("\n\n{\"ModelArn\":\"a\"}"),
            std::string::npos);
}

TEST(EncodeCbor, MembersByNameTimestampsTagged) {
  EXPECT_EQ(Encoded(CloudwatchModel(), "GetMetricStatistics",
                    R"({"Label":"a","Datapoints":[{"Timestamp":1700000000.0,"Sum":1.5,"x":1}]})"),
            "200\nContent-Type: application/cbor\nsmithy-protocol: rpc-v2-cbor\n"
            "x-amzn-RequestId: 11111111-2222\n\n"
            "\xa2\x65Label\x61"
            "a\x6a"
            "Datapoints\x81\xa2\x69Timestamp\xc1\x1a\x65\x53\xf1"s +
                std::string("\0\x63Sum\xfa\x3f\xc0\0\0", 10));
}

TEST(EncodeCbor, OperationWithoutOutputHasNeitherBodyNorType) {
  EXPECT_EQ(Encoded(CloudwatchModel(), "PutMetricData", "{}"),
            "200\nsmithy-protocol: rpc-v2-cbor\nx-amzn-RequestId: 11111111-2222\n\n");
}

TEST(EncodeQuery, ResultAndRequestId) {
  EXPECT_EQ(Encoded(StsModel(), "GetCallerIdentity",
                    R"({"UserId":"AROA:s","Account":"123456789012","Arn":"arn:aws:sts::1:a/<b>"})"),
            "200\nContent-Type: text/xml\nx-amzn-RequestId: 11111111-2222\n\n"
            "<GetCallerIdentityResponse "
            "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/"
            "\"><GetCallerIdentityResult><UserId>AROA:s</UserId>"
            "<Account>123456789012</Account><Arn>arn:aws:sts::1:a/&lt;b&gt;</Arn></"
            "GetCallerIdentityResult><ResponseMetadata>"
            "<RequestId>11111111-2222</RequestId></ResponseMetadata></GetCallerIdentityResponse>");
}

TEST(EncodeQuery, ListsHaveMembersAndTimesNoFraction) {
  EXPECT_NE(Encoded(IamModel(), "ListRoles",
                    R"({"Roles":[{"RoleName":"R","CreateDate":1795551460.9}],"IsTruncated":false})")
                .find("<Roles><member><RoleName>R</RoleName><CreateDate>2026-11-24T20:17:40Z</"
                      "CreateDate></member></Roles>"
                      "<IsTruncated>false</IsTruncated>"),
            std::string::npos);
}

TEST(EncodeRestXml, RootNameFlattenedListsAndMilliseconds) {
  EXPECT_EQ(
      Encoded(
          S3Model(), "ListObjectsV2",
          R"({"IsTruncated":false,"Contents":[{"Key":"a&b","LastModified":1795551460.5,"ETag":"\"e\"","Size":5},
                    {"Key":"c","Size":0}],"Name":"b","CommonPrefixes":[{"Prefix":"x/"}],"KeyCount":3})"),
      "200\nContent-Type: application/xml\nx-amz-request-id: 11111111-2222\nx-amz-id-2: host\n\n"
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<IsTruncated>false</IsTruncated><Contents><Key>a&amp;b</"
      "Key><LastModified>2026-11-24T20:17:40.500Z</LastModified>"
      "<ETag>&quot;e&quot;</ETag><Size>5</Size></Contents><Contents><Key>c</Key><Size>0</Size></"
      "Contents><Name>b</Name>"
      "<CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes><KeyCount>3</KeyCount></"
      "ListBucketResult>");
}

TEST(EncodeRestXml, ListsThatAreNotFlattened) {
  EXPECT_NE(
      Encoded(S3Model(), "ListBuckets",
              R"({"Buckets":[{"Name":"b","CreationDate":1795551460}],"Owner":{"ID":"o"}})")
          .find("<ListAllMyBucketsResult "
                "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets><Bucket><Name>b</Name>"
                "<CreationDate>2026-11-24T20:17:40.000Z</CreationDate></Bucket></"
                "Buckets><Owner><ID>o</ID></Owner></ListAllMyBucketsResult>"),
      std::string::npos);
}

TEST(EncodeRestXml, StreamedAnswerIsHeadersOnly) {
  EXPECT_EQ(
      Encoded(
          S3Model(), "GetObject",
          R"({"ETag":"\"e\"","LastModified":1795551460.5,"ContentLength":5,"ContentType":"text/plain",
                    "Metadata":{"color":"red"}})"),
      "200\nLast-Modified: Tue, 24 Nov 2026 20:17:40 GMT\nContent-Length: 5\nETag: "
      "\"e\"\nContent-Type: text/plain\n"
      "x-amz-meta-color: red\nx-amz-request-id: 11111111-2222\nx-amz-id-2: host\n\n");
  EXPECT_TRUE(StreamsResponse(*S3Model().FindOperation("GetObject")));
}

TEST(EncodeRestXml, StatusOfTheModelAndPayload) {
  EXPECT_EQ(Encoded(S3Model(), "DeleteObject", "{}"),
            "204\nx-amz-request-id: 11111111-2222\nx-amz-id-2: host\n\n");
  EXPECT_NE(Encoded(S3Model(), "CopyObject", R"({"CopyObjectResult":{"ETag":"\"e\""}})")
                .find("<CopyObjectResult "
                      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ETag>&quot;e&quot;</"
                      "ETag></CopyObjectResult>"),
            std::string::npos);
}

TEST(EncodeRestXml, LocationIsTheRootItself) {
  EXPECT_NE(
      Encoded(S3Model(), "GetBucketLocation", R"({"LocationConstraint":"us-west-2"})")
          .find("\n<LocationConstraint "
                "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">us-west-2</LocationConstraint>"),
      std::string::npos);
  EXPECT_NE(Encoded(S3Model(), "GetBucketLocation", "{}")
                .find("\n<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"),
            std::string::npos);
}

TEST(EncodeRestXml, HeadersStayOnTheirLine) {
  EXPECT_EQ(
      Encoded(S3Model(), "GetObject", R"({"Metadata":{"a":"b\r\nSet-Cookie: x"}})").find("\r"),
      std::string::npos);
}

TEST(EncodeRestJson, InvocationIsHeadersOnly) {
  EXPECT_EQ(
      Encoded(SagemakerRuntimeModel(), "InvokeEndpoint",
              R"({"ContentType":"application/json","InvokedProductionVariant":"AllTraffic"})"),
      "200\nContent-Type: application/json\nx-Amzn-Invoked-Production-Variant: "
      "AllTraffic\nx-amzn-RequestId: 11111111-2222\n\n");
  EXPECT_EQ(Encoded(SagemakerRuntimeModel(), "InvokeEndpointAsync",
                    R"({"InferenceId":"i","OutputLocation":"s3://b/o"})"),
            "202\nX-Amzn-SageMaker-OutputLocation: s3://b/o\nContent-Type: "
            "application/json\nx-amzn-RequestId: 11111111-2222\n\n"
            R"({"InferenceId":"i"})");
}

std::string ErrorText(const Service* service, Protocol protocol, const Error& error,
                      bool is_head = false) {
  ReplyTo reply_to = kReplyTo;
  reply_to.is_head = is_head;
  return Text(EncodeError({.service = service, .protocol = protocol}, error, reply_to));
}

TEST(EncodeError, Json) {
  EXPECT_EQ(ErrorText(&SagemakerModel(), Protocol::kJson,
                      {"ValidationException", "Could not find model \"m\"."}),
            "400\nx-amzn-RequestId: 11111111-2222\nContent-Type: application/x-amz-json-1.1\n\n"
            R"({"__type":"ValidationException","message":"Could not find model \"m\"."})");
  EXPECT_NE(ErrorText(&SagemakerModel(), Protocol::kJson, {"ResourceInUse", "x"})
                .find(R"({"__type":"ResourceInUse","Message":"x"})"),
            std::string::npos);
  EXPECT_TRUE(
      ErrorText(&SagemakerModel(), Protocol::kJson, {"InternalFailure", "x"}).starts_with("500\n"));
}

TEST(EncodeError, JsonExtras) {
  Error error{"InvalidSequenceTokenException", "x"};
  error.extra = Json::Object({{"expectedSequenceToken", "49"}});

  EXPECT_NE(
      ErrorText(&LogsModel(), Protocol::kJson, error)
          .find(
              R"({"__type":"InvalidSequenceTokenException","message":"x","expectedSequenceToken":"49"})"),
      std::string::npos);
}

// botocore's vectors QueryCompatibleAwsJson10CustomCodeError and ...NoCustomCodeError.
TEST(EncodeError, ServicesThatSpokeQueryRepeatTheOldCodeInAHeader) {
  const std::string fault =
      ErrorText(&CloudwatchModel(), Protocol::kJson, {"InternalServiceFault", "x"});

  EXPECT_TRUE(fault.starts_with("500\n")) << fault;
  EXPECT_NE(fault.find("x-amzn-query-error: InternalServiceError;Receiver\n"), std::string::npos);
  EXPECT_NE(fault.find("Content-Type: application/x-amz-json-1.0\n"), std::string::npos);
  EXPECT_NE(fault.find(R"({"__type":"InternalServiceFault","Message":"x"})"), std::string::npos);
  EXPECT_NE(ErrorText(&CloudwatchModel(), Protocol::kQuery, {"InternalServiceFault", "x"})
                .find("<Type>Receiver</Type><Code>InternalServiceError</Code>"),
            std::string::npos);
}

TEST(EncodeError, ServicesThatSpokeQuerySpellCommonErrorsBothWays) {
  const std::string text =
      ErrorText(&CloudwatchModel(), Protocol::kCbor,
                MakeError(Protocol::kCbor, Fault::kAccessDenied, "User: u is not authorized"));

  EXPECT_TRUE(text.starts_with("400\n")) << text;
  EXPECT_NE(text.find("x-amzn-query-error: AccessDenied;Sender\n"), std::string::npos);
  EXPECT_NE(text.find("\x75"
                      "AccessDeniedException"),
            std::string::npos);
}

TEST(EncodeError, RestJsonNamesItInAHeader) {
  Error error{"ModelError", "Received server error (500) from primary"};
  error.extra = Json::Object({{"OriginalStatusCode", 500}});

  EXPECT_EQ(ErrorText(&SagemakerRuntimeModel(), Protocol::kRestJson, error),
            "424\nx-amzn-RequestId: 11111111-2222\nContent-Type: "
            "application/json\nx-amzn-ErrorType: ModelError\n\n"
            R"({"Message":"Received server error (500) from primary","OriginalStatusCode":500})");
}

TEST(EncodeError, QueryTakesCodeAndStatusFromTheModel) {
  EXPECT_EQ(ErrorText(&IamModel(), Protocol::kQuery,
                      {"NoSuchEntityException", "The role with name r cannot be found."}),
            "404\nx-amzn-RequestId: 11111111-2222\nContent-Type: text/xml\n\n"
            "<ErrorResponse "
            "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</"
            "Type><Code>NoSuchEntity</Code>"
            "<Message>The role with name r cannot be "
            "found.</Message></Error><RequestId>11111111-2222</RequestId></ErrorResponse>");
  EXPECT_TRUE(
      ErrorText(&IamModel(), Protocol::kQuery, {"EntityAlreadyExists", "x"}).starts_with("409\n"));
  EXPECT_TRUE(ErrorText(&StsModel(), Protocol::kQuery, {"AccessDenied", "x"}).starts_with("403\n"));
}

TEST(EncodeError, S3) {
  Error error{"NoSuchKey", "The specified key does not exist."};
  error.extra = Json::Object({{"Key", "k"}});

  EXPECT_EQ(
      ErrorText(&S3Model(), Protocol::kRestXml, error),
      "404\nx-amz-request-id: 11111111-2222\nx-amz-id-2: host\nContent-Type: application/xml\n\n"
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The "
      "specified key does not exist.</Message>"
      "<Key>k</Key><RequestId>11111111-2222</RequestId><HostId>host</"
      "HostId></Error>");
  EXPECT_TRUE(
      ErrorText(&S3Model(), Protocol::kRestXml, error, true).ends_with("application/xml\n\n"));
  EXPECT_TRUE(
      ErrorText(&S3Model(), Protocol::kRestXml, {"BucketNotEmpty", "x"}).starts_with("409\n"));
}

TEST(Error, OperationsWithoutHandlersAreRefusedInTheirProtocolsWords) {
  const auto code = [](const Service& service, std::string_view name) {
    const Error error = NotImplemented(service.protocol(), *service.FindOperation(name));
    return error.code + " " +
           std::to_string(Resolve(&service, service.protocol(), error).http_status);
  };
  EXPECT_EQ(code(SagemakerModel(), "CreatePipeline"), "UnknownOperationException 400");
  EXPECT_EQ(code(IamModel(), "CreateUser"), "InvalidAction 400");
  EXPECT_EQ(code(S3Model(), "SelectObjectContent"), "NotImplemented 501");
}

TEST(Error, CodedStatusesAreSpelledByTheProtocol) {
  const Status status =
      PermissionDenied("SignatureDoesNotMatch: The request signature we calculated does not match");
  EXPECT_EQ(FromCodedStatus(Protocol::kJson, status).code, "InvalidSignatureException");
  EXPECT_EQ(FromCodedStatus(Protocol::kRestXml, status).code, "SignatureDoesNotMatch");
  EXPECT_EQ(FromCodedStatus(Protocol::kQuery, status).message,
            "The request signature we calculated does not match");
  EXPECT_EQ(FromCodedStatus(Protocol::kRestXml, Internal("disk: gone")).code, "InternalError");
}

TEST(Error, S3HasSentencesOfItsOwn) {
  const Status unknown = PermissionDenied(
      "InvalidClientTokenId: The security token included in the request is invalid.");
  const Error s3 = FromCodedStatus(Protocol::kRestXml, unknown);
  EXPECT_EQ(s3.code, "InvalidAccessKeyId");
  EXPECT_EQ(s3.message, "The AWS Access Key Id you provided does not exist in our records.");
  EXPECT_EQ(FromCodedStatus(Protocol::kJson, unknown).message,
            "The security token included in the request is invalid.");
}

TEST(Outcome, CarriesErrorsAndStatusesUpwards) {
  const auto fails = []() -> Outcome<int> { return Error{"ResourceInUse", "x"}; };
  const auto passes_on = [&]() -> Outcome<std::string> {
    ASSIGN_OR_RETURN(const int value, fails());
    return std::to_string(value);
  };
  const auto from_engine = []() -> Outcome<std::string> {
    ASSIGN_OR_RETURN(const int value, Result<int>(ResourceExhausted("full")));
    return std::to_string(value);
  };

  EXPECT_EQ(passes_on().error(Protocol::kJson).code, "ResourceInUse");
  EXPECT_EQ(from_engine().error(Protocol::kJson).code, "ThrottlingException");
}

}  // namespace
}  // namespace sagebrush::aws
