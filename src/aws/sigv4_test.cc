// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include "aws/sigv2_query.h"
#include "aws/sigv4_botocore_vectors.h"
#include "aws/sigv4_canonical.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kExampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TimePoint kVectorTime = FromMillis(1'795'551'460'000);  // 2026-11-24T20:17:40Z

TimePoint At(std::string_view text) { return ParseTime(text).value(); }

http::Request MakeRequest(std::string method, std::string target, http::Headers headers) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

http::Request ToRequest(const testing::SignedByBotocore& vector) {
  return MakeRequest(vector.method, vector.target, vector.headers);
}

Status Check(const http::Request& request, std::string_view secret, std::string_view payload_hash,
             TimePoint now) {
  const auto presented = ParsePresented(request);
  if (!presented.ok()) return presented.status();
  if (!*presented) return NotFound("anonymous");
  return Verify(request, **presented, secret, payload_hash, now);
}

const testing::SignedByBotocore& Vector(std::string_view name) {
  for (const auto& vector : testing::BotocoreVectors())
    if (vector.name == name) return vector;
  ADD_FAILURE() << "no vector " << name;
  return testing::BotocoreVectors().front();
}

// Amazon S3 API reference, "Signature calculations for the authorization header: examples".
struct S3Example {
  std::string method, target;
  http::Headers headers;
  std::string payload_hash;
};

std::vector<S3Example> S3Examples() {
  const std::string empty(kEmptyPayloadHash);
  const std::string host = "examplebucket.s3.amazonaws.com";
  const std::string date = "20130524T000000Z";
  const std::string start =
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,";
  const std::string put = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  return {
      {"GET",
       "/test.txt",
       {{"Host", host},
        {"Range", "bytes=0-9"},
        {"x-amz-content-sha256", empty},
        {"x-amz-date", date},
        {"Authorization",
         start + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                 "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"}},
       empty},
      {"PUT",
       "/test%24file.text",
       {{"Host", host},
        {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
        {"x-amz-date", date},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"x-amz-content-sha256", put},
        {"Authorization",
         start + "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
                 "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"}},
       put},
      {"GET",
       "/?lifecycle",
       {{"Host", host},
        {"x-amz-date", date},
        {"x-amz-content-sha256", empty},
        {"Authorization",
         start + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                 "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"}},
       empty},
      {"GET",
       "/?max-keys=2&prefix=J",
       {{"Host", host},
        {"x-amz-date", date},
        {"x-amz-content-sha256", empty},
        {"Authorization",
         start + "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                 "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}},
       empty},
      // "Authenticating requests: using query parameters", the presigned example (86400 s).
      {"GET",
       "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%"
       "2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
       "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
       "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
       {{"Host", host}},
       empty},
      // "Transferring payload in multiple chunks": the seed signature.
      {"PUT",
       "/examplebucket/chunkObject.txt",
       {{"Host", "s3.amazonaws.com"},
        {"x-amz-date", date},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"Content-Encoding", "aws-chunked"},
        {"x-amz-decoded-content-length", "66560"},
        {"Content-Length", "66824"},
        {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
        {"Authorization",
         start +
             "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
             "x-amz-decoded-content-length;x-amz-storage-class,"
             "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"}},
       "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
  };
}

TEST(SigV4, VerifiesTheExamplesOfTheS3Reference) {
  for (const S3Example& example : S3Examples()) {
    const auto request = MakeRequest(example.method, example.target, example.headers);
    const Status status =
        Check(request, kExampleSecret, example.payload_hash, At("2013-05-24T00:00:00Z"));
    EXPECT_TRUE(status.ok()) << example.method << " " << example.target << ": "
                             << status.ToString();
  }
}

TEST(SigV4, DerivesTheKeyOfTheGeneralReference) {
  const std::string key =
      SigningKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", {"20150830", "us-east-1", "iam"});

  EXPECT_EQ(HexEncode(key), "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigV4, VerifiesWhatBotocoreSigned) {
  for (const auto& vector : testing::BotocoreVectors()) {
    const Status status =
        Check(ToRequest(vector), testing::kVectorSecret, vector.payload_hash, kVectorTime);
    EXPECT_TRUE(status.ok()) << vector.name << ": " << status.ToString();
  }
}

TEST(SigV4, ReadsTokenKeyAndScope) {
  const auto request = ToRequest(Vector("sts query"));

  const auto presented = ParsePresented(request).value();

  ASSERT_TRUE(presented.has_value());
  EXPECT_EQ(presented->access_key, "ASIAEXAMPLEEXAMPLE00");
  EXPECT_EQ(presented->session_token, "Token+with/odd=chars==");
  EXPECT_EQ(presented->scope.service, "sts");
  EXPECT_EQ(presented->scope.region, "us-west-2");
  EXPECT_EQ(presented->signed_at, kVectorTime);
  EXPECT_EQ(ParsePresented(ToRequest(Vector("presigned v4 get"))).value()->session_token,
            "Token+with/odd=chars==");
  EXPECT_EQ(ParsePresented(ToRequest(Vector("presigned v2 get"))).value()->session_token,
            "Token+with/odd=chars==");
}

TEST(SigV4, RefusesAnyChangeOfASignedRequest) {
  for (const auto& vector : testing::BotocoreVectors()) {
    const http::Request good = ToRequest(vector);
    const bool is_v2 = vector.target.find("AWSAccessKeyId") != std::string::npos;
    std::vector<std::pair<std::string, http::Request>> changed;

    changed.emplace_back("method", good);
    changed.back().second.method = good.method == "GET" ? "DELETE" : "GET";
    changed.emplace_back("path", good);
    changed.back().second.target.insert(1, "x");
    changed.emplace_back("query", good);
    changed.back().second.target += (good.target.find('?') == std::string::npos ? "?acl" : "&acl");
    if (!is_v2) {
      changed.emplace_back("host", good);
      changed.back().second.headers.Set("Host", "elsewhere:7070");
    }
    for (const auto& [name, value] : good.headers) {
      const std::string lower = ToLower(name);
      if (lower == "authorization" || lower == "expect" || lower == "host") continue;
      changed.emplace_back("header " + name, good);
      changed.back().second.headers.Set(name,
                                        lower == "x-amz-date" ? "20261124T201741Z" : value + "x");
      changed.emplace_back("no header " + name, good);
      changed.back().second.headers.Remove(name);
    }
    for (const auto& [what, request] : changed)
      EXPECT_FALSE(Check(request, testing::kVectorSecret, vector.payload_hash, kVectorTime).ok())
          << vector.name << ": " << what;

    EXPECT_FALSE(Check(good, "anothersecret", vector.payload_hash, kVectorTime).ok())
        << vector.name;
    if (vector.target.find("Signature=") == std::string::npos) {
      EXPECT_FALSE(Check(good, testing::kVectorSecret, Sha256("other"), kVectorTime).ok())
          << vector.name;
    }
  }
}

TEST(SigV4, SaysInAwsWordsThatASignatureIsWrong) {
  const auto sts =
      Check(ToRequest(Vector("sts query")), "wrong", Vector("sts query").payload_hash, kVectorTime);
  const auto s3 = Check(ToRequest(Vector("s3 odd key")), "wrong", kEmptyPayloadHash, kVectorTime);

  EXPECT_EQ(sts.code(), Code::kPermissionDenied);
  EXPECT_EQ(sts.message(),
            "SignatureDoesNotMatch: The request signature we calculated does not match the "
            "signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.");
  EXPECT_EQ(s3.message(),
            "SignatureDoesNotMatch: The request signature we calculated does not match the "
            "signature you provided. Check your key "
            "and signing method.");
}

TEST(SigV4, AllowsAQuarterOfAnHourOfSkew) {
  const auto& sts = Vector("sts query");
  const auto& s3 = Vector("s3 odd key");
  const auto check = [&](const testing::SignedByBotocore& vector, TimePoint now) {
    return Check(ToRequest(vector), testing::kVectorSecret, vector.payload_hash, now);
  };

  EXPECT_TRUE(check(sts, kVectorTime + minutes(15)).ok());
  EXPECT_TRUE(check(sts, kVectorTime - minutes(15)).ok());
  EXPECT_EQ(check(sts, kVectorTime + minutes(15) + seconds(1)).message(),
            "SignatureDoesNotMatch: Signature expired: 20261124T201740Z is now earlier than "
            "20261124T201741Z "
            "(20261124T203241Z - 15 min.)");
  EXPECT_EQ(check(sts, kVectorTime - minutes(16)).message(),
            "SignatureDoesNotMatch: Signature not yet current: 20261124T201740Z is still later "
            "than 20261124T201640Z "
            "(20261124T200140Z + 15 min.)");
  EXPECT_EQ(check(s3, kVectorTime + minutes(16)).message(),
            "RequestTimeTooSkewed: The difference between the request time and the current time is "
            "too large.");
  EXPECT_EQ(check(s3, kVectorTime - minutes(16)).message(),
            "RequestTimeTooSkewed: The difference between the request time and the current time is "
            "too large.");
}

TEST(SigV4, EndsAPresignedUrlWhenItSaid) {
  for (const char* name : {"presigned v4 get", "presigned v2 get"}) {
    const auto& vector = Vector(name);
    const auto check = [&](TimePoint now) {
      return Check(ToRequest(vector), testing::kVectorSecret, "", now);
    };

    EXPECT_TRUE(check(kVectorTime + seconds(600)).ok()) << name;
    EXPECT_EQ(check(kVectorTime + seconds(601)).message(), "AccessDenied: Request has expired")
        << name;
  }
  EXPECT_EQ(Check(ToRequest(Vector("presigned v4 get")), testing::kVectorSecret, "",
                  kVectorTime - minutes(20))
                .message(),
            "AccessDenied: Request is not yet valid");
}

TEST(SigV4, RefusesUnsignedAmzHeadersOfS3) {
  for (const char* name : {"s3 odd key", "presigned v4 put"}) {
    auto request = ToRequest(Vector(name));
    request.headers.Add("x-amz-acl", "public-read");

    EXPECT_EQ(
        Check(request, testing::kVectorSecret, Vector(name).payload_hash, kVectorTime).message(),
        "AccessDenied: There were headers present in the request which were not signed");
  }
}

TEST(SigV4, RefusesAnUnsignedTarget) {
  auto request = ToRequest(Vector("sts query"));
  request.headers.Add("X-Amz-Target", "SageMaker.DeleteEndpoint");

  EXPECT_FALSE(
      Check(request, testing::kVectorSecret, Vector("sts query").payload_hash, kVectorTime).ok());
}

std::string ParseError(http::Request request) {
  const auto presented = ParsePresented(request);
  if (!presented.ok()) {
    EXPECT_EQ(presented.status().code(), Code::kInvalidArgument);
    return presented.status().message();
  }
  return *presented ? "presented" : "anonymous";
}

TEST(SigV4, TellsInAwsWordsWhatAnAuthorizationLacks) {
  const auto with = [](std::string value, http::Headers headers = {
                                              {"Host", "h"}, {"X-Amz-Date", "20261124T201740Z"}}) {
    headers.Add("Authorization", std::move(value));
    return ParseError(MakeRequest("GET", "/", std::move(headers)));
  };
  const std::string credential = "Credential=AKIA/20261124/us-west-2/sts/aws4_request";

  EXPECT_EQ(ParseError(MakeRequest("GET", "/", {{"Host", "h"}})), "anonymous");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=00"),
            "presented");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 " + credential + ",SignedHeaders=host,Signature=00"),
            "presented");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=00"),
            "IncompleteSignature: Authorization header requires 'Credential' parameter. "
            "Authorization=AWS4-HMAC-SHA256");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 " + credential),
            "IncompleteSignature: Authorization header requires 'Signature' parameter. "
            "Authorization header requires "
            "'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256");
  EXPECT_EQ(with("AWS4-HMAC-SHA256"),
            "IncompleteSignature: Authorization header requires 'Credential' parameter. "
            "Authorization header requires "
            "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
            "Authorization=AWS4-HMAC-SHA256");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00"),
            "IncompleteSignature: Credential must have exactly 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term, "
            "got 'a/b'");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 Credential=AKIA/20261124/us-west-2/sts/aws5, "
                 "SignedHeaders=host, Signature=00"),
            "SignatureDoesNotMatch: Credential should be scoped with a valid terminator: "
            "'aws4_request', not 'aws5'.");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=x-amz-date, Signature=00"),
            "SignatureDoesNotMatch: 'Host' must be a 'SignedHeader' in the AWS Authorization.");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=00",
                 {{"Host", "h"}}),
            "IncompleteSignature: Authorization header requires existence of either a 'X-Amz-Date' "
            "or a 'Date' header. "
            "Authorization=AWS4-HMAC-SHA256");
  EXPECT_EQ(with("AWS4-HMAC-SHA256 " + credential + ", SignedHeaders=host, Signature=00",
                 {{"Host", "h"}, {"X-Amz-Date", "today"}}),
            "IncompleteSignature: Date must be in ISO-8601 'basic format'. Got 'today'. See "
            "http://en.wikipedia.org/wiki/ISO_8601");
  EXPECT_TRUE(with("Bearer secret")
                  .starts_with("IncompleteSignature: Invalid key=value pair (missing equal-sign)"));
  EXPECT_EQ(with("Bearer secret").find("secret'"), std::string::npos);
  EXPECT_TRUE(with("AWS AKIA:signature")
                  .starts_with("InvalidRequest: The authorization mechanism you have provided"));
}

TEST(SigV4, TellsWhatAPresignedUrlLacks) {
  const std::string good =
      "/b/"
      "k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261124%2Fus-west-2%2Fs3%2Faws4_"
      "request&X-Amz-Date="
      "20261124T201740Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=00";
  const auto error = [&](std::string_view from, std::string_view to) {
    return ParseError(MakeRequest("GET", ReplaceAll(good, from, to), {{"Host", "h"}}));
  };

  EXPECT_EQ(error("b/k", "b/k"), "presented");
  EXPECT_TRUE(error("&X-Amz-Expires=600", "")
                  .starts_with("AuthorizationQueryParametersError: Query-string authentication"));
  EXPECT_EQ(error("=600", "=604801"),
            "AuthorizationQueryParametersError: X-Amz-Expires must be less than a week (in "
            "seconds); that is, the given "
            "X-Amz-Expires must be less than 604800 seconds");
  EXPECT_EQ(error("=600", "=-1"),
            "AuthorizationQueryParametersError: X-Amz-Expires must be non-negative");
  EXPECT_EQ(error("=600", "=x"),
            "AuthorizationQueryParametersError: X-Amz-Expires should be a number");
  EXPECT_TRUE(ParseError(MakeRequest("GET", good,
                                     {{"Host", "h"}, {"Authorization", "AWS4-HMAC-SHA256 x=y"}}))
                  .starts_with("InvalidArgument: Only one auth mechanism allowed"));
  EXPECT_TRUE(ParseError(MakeRequest("GET", "/b/k?AWSAccessKeyId=A&Signature=b", {{"Host", "h"}}))
                  .starts_with("AccessDenied: "));
}

TEST(SigV4, ChecksTheScope) {
  const auto presented = ParsePresented(ToRequest(Vector("sts query"))).value().value();
  auto elsewhere = presented;
  elsewhere.scope.region = "no region";
  auto yesterday = presented;
  yesterday.scope.date = "20261123";

  EXPECT_TRUE(CheckScope(presented, "sts").ok());
  EXPECT_EQ(CheckScope(presented, "iam").message(),
            "SignatureDoesNotMatch: Credential should be scoped to correct service: 'iam'.");
  EXPECT_EQ(CheckScope(elsewhere, "sts").message(),
            "SignatureDoesNotMatch: Credential should be scoped to a valid region.");
  EXPECT_EQ(
      Verify(ToRequest(Vector("sts query")), yesterday, testing::kVectorSecret, "", kVectorTime)
          .message(),
      "SignatureDoesNotMatch: Date in Credential scope does not match YYYYMMDD from ISO-8601 "
      "version of date from HTTP: "
      "'20261123' != '20261124', from '20261124T201740Z'.");
}

TEST(SigV4, JoinsEqualHeadersAndCollapsesBlanks) {
  const auto request =
      MakeRequest("GET", "/", {{"My-Header", "  a   b "}, {"Other", "x"}, {"my-header", "\tc"}});

  EXPECT_EQ(internal::CanonicalHeaderValue(request, "my-header"), "a b,c");
}

TEST(SigV4, NormalizesPathsButS3s) {
  EXPECT_EQ(internal::CanonicalPath("/a/./b/../c//d/", "sts"), "/a/c/d/");
  EXPECT_EQ(internal::CanonicalPath("", "sts"), "/");
  EXPECT_EQ(internal::CanonicalPath("/../..", "sts"), "/");
  EXPECT_EQ(internal::CanonicalPath("/a%20b", "sts"), "/a%2520b");
  EXPECT_EQ(internal::CanonicalPath("/a%20b/../c//d", "s3"), "/a%20b/../c//d");
}

TEST(SigV4, SortsTheQueryByEncodedName) {
  EXPECT_EQ(internal::CanonicalQuery("b=2&a=%7e&a=1&c&B=x+y&X-Amz-Signature=no"),
            "B=x%20y&a=1&a=~&b=2&c=");
  EXPECT_EQ(internal::CanonicalQuery("a=%zz"), "a=%25zz");
  EXPECT_EQ(internal::CanonicalQuery(""), "");
}

TEST(SigV4, TakesAPathThatTheClientEncodedLessThanItSigned) {
  const Credentials credentials{"AKIA", "secret", ""};
  auto request = MakeRequest("GET", "/b/a%3Db", {{"Host", "h"}});
  Sign(&request, credentials, "us-west-2", "s3", kEmptyPayloadHash, kVectorTime);

  request.target = "/b/a=b";

  EXPECT_TRUE(Check(request, "secret", kEmptyPayloadHash, kVectorTime).ok());
}

TEST(SigV4, VerifiesWhatItSigned) {
  const Credentials credentials{"ASIA", "secret", "token/+="};
  for (const char* service : {"s3", "logs"}) {
    auto request = MakeRequest("POST", "/x%20y/z?b=1&a=%2F",
                               {{"Host", "h:1"},
                                {"Content-Type", "text/plain"},
                                {"User-Agent", "me"},
                                {"X-Amz-Target", "T"}});
    Sign(&request, credentials, "eu-central-1", service, Sha256("body"), kVectorTime);
    request.headers.Set("User-Agent", "a proxy's");

    EXPECT_TRUE(Check(request, "secret", Sha256("body"), kVectorTime).ok()) << service;
    EXPECT_FALSE(Check(request, "secreT", Sha256("body"), kVectorTime).ok()) << service;
  }
}

TEST(SigV4, PresignsAsBotocoreDoes) {
  const auto presigned = Presign(MakeRequest("PUT", "/b/k", {{"Host", "127.0.0.1:7070"}}),
                                 {"ASIAEXAMPLEEXAMPLE00", testing::kVectorSecret, ""}, "us-west-2",
                                 "s3", 600, kVectorTime);

  EXPECT_EQ(presigned, Vector("presigned v4 put").target);
}

TEST(SigV4, VerifiesWhatItPresigned) {
  const Credentials credentials{"ASIA", "secret", "token/+="};
  auto request = MakeRequest("PUT", "/b/a%20key?partNumber=1", {{"Host", "h:1"}});
  request.target = Presign(request, credentials, "us-west-2", "s3", 60, kVectorTime);

  EXPECT_TRUE(Check(request, "secret", "whatever the body is", kVectorTime + seconds(60)).ok());
  EXPECT_FALSE(Check(request, "secret", "", kVectorTime + seconds(61)).ok());
}

TEST(SigV2Query, VerifiesTheExampleOfTheDeveloperGuide) {
  // "Signing and authenticating REST requests", Query string request authentication alternative.
  const auto request = MakeRequest("GET",
                                   "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&"
                                   "Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
                                   {{"Host", "johnsmith.s3.amazonaws.com"}});

  EXPECT_EQ(StringToSignV2(request, "1175139620"),
            "GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg");
  EXPECT_TRUE(Check(request, kExampleSecret, "", FromMillis(1175139620000)).ok());
}

TEST(SigV2Query, BindsTheBucketThatTheHostNames) {
  auto request = ToRequest(Vector("presigned v2 virtual host"));
  request.headers.Set("Host", "another.s3.us-west-2.amazonaws.com");

  EXPECT_FALSE(Check(request, testing::kVectorSecret, "", kVectorTime).ok());
}

}  // namespace
}  // namespace sagebrush::aws
