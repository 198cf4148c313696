// SPDX-License-Identifier: Apache-2.0
#include "aws/router.h"

#include <gtest/gtest.h>

#include "aws/request_text_for_test.h"
#include "aws/uri.h"
#include "aws_models/services.h"

namespace sagebrush::aws {
namespace {

// "service Operation" of a request, or the error's code.
std::string Routed(RequestText text) {
  const Route route = RouteRequest(text.request, IsForm(text.request) ? text.body : "");
  const auto operation = RouteOperation(route, text.request);
  if (!operation.ok()) return operation.error(route.protocol).code;
  return std::string(route.service->name) + " " + std::string((*operation)->name);
}

RequestText Signed(std::string_view text, std::string_view service) {
  return RequestText(text).SignedFor(service);
}

TEST(Router, TargetDecidesFirst) {
  EXPECT_EQ(
      Routed(Signed("POST /\nHost: h\nX-Amz-Target: SageMaker.CreateTrainingJob", "sagemaker")),
      "sagemaker CreateTrainingJob");
  EXPECT_EQ(Routed(Signed("POST /\nHost: h\nX-Amz-Target: Logs_20140328.PutLogEvents", "logs")),
            "logs PutLogEvents");
  EXPECT_EQ(Routed(Signed("POST /\nHost: h\nX-Amz-Target: SageMaker.CreateNothing", "sagemaker")),
            "UnknownOperationException");
  EXPECT_EQ(Routed(Signed("POST /\nHost: h\nX-Amz-Target: Nobody_2026.Do", "nobody")),
            "UnknownOperationException");
}

// The three ways into CloudWatch: clients of 2026, of 2025 and of before.
TEST(Router, ServiceOfSeveralProtocolsIsReachedByEach) {
  const auto routed = [](const RequestText& text) {
    const Route route = RouteRequest(text.request, IsForm(text.request) ? text.body : "");
    EXPECT_EQ(route.service, &CloudwatchModel());
    EXPECT_TRUE(RouteOperation(route, text.request).ok());
    return route.protocol;
  };

  EXPECT_EQ(routed(Signed("POST /service/GraniteServiceVersion20100801/operation/PutMetricData\n"
                          "Host: h\nsmithy-protocol: rpc-v2-cbor",
                          "monitoring")),
            Protocol::kCbor);
  EXPECT_EQ(routed(Signed("POST /behind/a/proxy/service/GraniteServiceVersion20100801/operation/"
                          "PutMetricData\nHost: h\nsmithy-protocol: rpc-v2-cbor",
                          "monitoring")),
            Protocol::kCbor);
  EXPECT_EQ(routed(Signed("POST /\nHost: h\n"
                          "X-Amz-Target: GraniteServiceVersion20100801.PutMetricData",
                          "monitoring")),
            Protocol::kJson);
  EXPECT_EQ(routed(Signed("POST /\nHost: h\nContent-Type: application/x-www-form-urlencoded\n\n"
                          "Action=PutMetricData&Version=2010-08-01",
                          "monitoring")),
            Protocol::kQuery);
}

TEST(Router, CborToNobodyIsToldInCbor) {
  const RequestText text(
      "POST /service/Nobody/operation/Do\nHost: h\nsmithy-protocol: rpc-v2-cbor");
  const Route route = RouteRequest(text.request, "");

  EXPECT_EQ(route.service, nullptr);
  EXPECT_EQ(route.protocol, Protocol::kCbor);
  EXPECT_EQ(RouteOperation(route, text.request).error(route.protocol).message,
            "This server does not offer the service 'Nobody' with its operation Do.");
}

TEST(Router, RuntimeIsKnownByItsPathSinceItSignsAsSageMaker) {
  EXPECT_EQ(Routed(Signed("POST /endpoints/ep/invocations\nHost: h", "sagemaker")),
            "sagemaker-runtime InvokeEndpoint");
  EXPECT_EQ(Routed(Signed("POST /endpoints/ep/async-invocations\nHost: h", "sagemaker")),
            "sagemaker-runtime InvokeEndpointAsync");
  EXPECT_EQ(Routed(RequestText(
                "POST /endpoints/ep/invocations\nHost: runtime.sagemaker.us-west-2.amazonaws.com")),
            "sagemaker-runtime InvokeEndpoint");
  EXPECT_EQ(Routed(RequestText("POST /endpoints/ep/invocations\nHost: 127.0.0.1:7070")),
            "sagemaker-runtime InvokeEndpoint");
}

TEST(Router, BucketCalledEndpointsStaysS3) {
  EXPECT_EQ(Routed(Signed("PUT /endpoints/ep/invocations\nHost: h", "s3")), "s3 PutObject");
  EXPECT_EQ(Routed(Signed("POST /endpoints/ep/invocations?uploads\nHost: h", "s3")),
            "s3 CreateMultipartUpload");
}

constexpr std::string_view kForm =
    "POST /\nHost: h\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n";

TEST(Router, FormsGoToTheQueryServiceOfTheirScope) {
  const std::string form(kForm);
  EXPECT_EQ(Routed(Signed(form + "Action=GetCallerIdentity&Version=2011-06-15", "sts")),
            "sts GetCallerIdentity");
  EXPECT_EQ(Routed(Signed(form + "Action=GetRole&Version=2010-05-08&RoleName=r", "iam")),
            "iam GetRole");
  EXPECT_EQ(Routed(Signed(form + "Action=Nope&Version=2010-05-08", "iam")), "InvalidAction");
}

TEST(Router, UnsignedFormsAreKnownByTheirVersion) {
  EXPECT_EQ(Routed(RequestText(std::string(kForm) +
                               "Action=AssumeRoleWithWebIdentity&Version=2011-06-15")),
            "sts AssumeRoleWithWebIdentity");
}

TEST(Router, PresignedGetCallerIdentityIsAQuery) {
  EXPECT_EQ(
      Routed(RequestText(
          "GET /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
          "X-Amz-Credential=AKID%2F20261124%2Fus-west-2%2Fsts%2Faws4_request\nHost: h")),
      "sts GetCallerIdentity");
}

TEST(Router, EverythingElseIsS3) {
  EXPECT_EQ(Routed(RequestText("GET /b/k\nHost: 127.0.0.1:7070")), "s3 GetObject");
  EXPECT_EQ(Routed(RequestText(
                "GET /b/k?AWSAccessKeyId=AKID&Signature=x&Expires=1\nHost: 127.0.0.1:7070")),
            "s3 GetObject");
  EXPECT_EQ(Routed(RequestText("GET /b/k?X-Amz-Credential=A%2F1%2Fr%2Fs3%2Faws4_request\nHost: h")),
            "s3 GetObject");
  EXPECT_EQ(Routed(RequestText("GET /\nHost: 127.0.0.1:7070")), "s3 ListBuckets");
}

TEST(Router, HostOfARealServiceCounts) {
  EXPECT_EQ(Routed(RequestText("GET /\nHost: s3.us-west-2.amazonaws.com")), "s3 ListBuckets");
  EXPECT_EQ(Routed(RequestText("GET /\nHost: sts.s3.us-west-2.amazonaws.com")), "s3 ListObjects");
  EXPECT_EQ(Routed(Signed("GET /\nHost: 127.0.0.1:7070", "lambda")), "UnknownOperationException");
}

TEST(Router, VirtualHostBucketsStandInFrontOfThePath) {
  const RequestText text("GET /dir/k\nHost: my.bucket.s3.us-west-2.amazonaws.com");

  const Route route = RouteRequest(text.request, "");

  EXPECT_EQ(route.path, "/my.bucket/dir/k");
  EXPECT_EQ(Routed(text), "s3 GetObject");
  EXPECT_EQ(BucketOfHost("b.s3.localhost:7070"), "b");
  EXPECT_EQ(BucketOfHost("s3.us-west-2.amazonaws.com"), "");
  EXPECT_EQ(BucketOfHost("b.s3-us-west-2.amazonaws.com"), "b");
  EXPECT_EQ(BucketOfHost("localhost:7070"), "");
  EXPECT_EQ(BucketOfHost("[::1]:7070"), "");
}

TEST(Router, TelemetryIsNobodysRequest) {
  const RequestText text(
      "GET /telemetry?x-accountId=1\nHost: sm-pysdk-t-us-west-2.s3.us-west-2.amazonaws.com");

  EXPECT_TRUE(RouteRequest(text.request, "").is_telemetry);
}

TEST(Router, EveryS3OperationIsFoundByWhatItsClientsMustSend) {
  int count = 0;
  for (const Operation& operation : S3Model().operations) {
    if (operation.Is(Operation::kSuperseded)) continue;
    ++count;
    std::string path(operation.uri.substr(0, operation.uri.find('?')));
    path = ReplaceAll(ReplaceAll(path, "{Bucket}", "b"), "{Key+}", "some/key");
    QueryPairs query;
    for (const auto& [name, value] : UriConstants(operation.uri)) query.emplace_back(name, value);
    http::Headers headers;
    for (const Member& member : operation.input->members) {
      if (!member.Is(Member::kRequired)) continue;
      if (member.location == Location::kQuery) query.emplace_back(member.wire_name, "1");
      if (member.location == Location::kHeader) headers.Add(std::string(member.wire_name), "x");
    }

    const Operation* found = FindRestOperation(S3Model(), operation.method, path, query, headers);

    EXPECT_EQ(found == nullptr ? "none" : found->name, operation.name);
  }
  EXPECT_EQ(count, 111);
}

TEST(Router, PartsAreNeverMistakenForObjects) {
  EXPECT_EQ(Routed(Signed("PUT /b/k?partNumber=1&uploadId=u\nHost: h", "s3")), "s3 UploadPart");
  EXPECT_EQ(Routed(Signed("PUT /b/k?uploadId=u\nHost: h", "s3")), "s3 UploadPart");
  EXPECT_EQ(
      Routed(Signed("PUT /b/k?partNumber=1&uploadId=u\nHost: h\nx-amz-copy-source: a/b", "s3")),
      "s3 UploadPartCopy");
  EXPECT_EQ(Routed(Signed("PUT /b/k\nHost: h\nx-amz-copy-source: a/b", "s3")), "s3 CopyObject");
  EXPECT_EQ(Routed(Signed("DELETE /b/k?uploadId=u\nHost: h", "s3")), "s3 AbortMultipartUpload");
  EXPECT_EQ(Routed(Signed("DELETE /b/k\nHost: h", "s3")), "s3 DeleteObject");
  EXPECT_EQ(Routed(Signed("GET /b/k?uploadId=u\nHost: h", "s3")), "s3 ListParts");
  EXPECT_EQ(Routed(Signed("POST /b/k\nHost: h", "s3")), "MethodNotAllowed");
}

TEST(Router, ListsAreToldFromGetsByTheirId) {
  EXPECT_EQ(Routed(Signed("GET /b?analytics\nHost: h", "s3")),
            "s3 ListBucketAnalyticsConfigurations");
  EXPECT_EQ(Routed(Signed("GET /b?analytics&id=1\nHost: h", "s3")),
            "s3 GetBucketAnalyticsConfiguration");
  EXPECT_EQ(Routed(Signed("GET /b/?list-type=2\nHost: h", "s3")), "s3 ListObjectsV2");
  EXPECT_EQ(Routed(Signed("GET /b?list-type=1\nHost: h", "s3")), "s3 ListObjects");
  EXPECT_EQ(Routed(Signed("GET /b?lifecycle\nHost: h", "s3")),
            "s3 GetBucketLifecycleConfiguration");
}

TEST(Uri, GreedyLabelsKeepTheirSlashes) {
  const auto match = MatchUri("/{Bucket}/{Key+}", "/b//a%2Fb/c%20d/");

  ASSERT_TRUE(match);
  EXPECT_EQ(match->labels[0].second, "b");
  EXPECT_EQ(match->labels[1].second, "/a/b/c d/");
  EXPECT_FALSE(MatchUri("/{Bucket}/{Key+}", "/b/"));
  EXPECT_TRUE(MatchUri("/{Bucket}", "/b/"));
  EXPECT_FALSE(MatchUri("/{Bucket}/{Key+}", "/b/%zz"));
}

}  // namespace
}  // namespace sagebrush::aws
