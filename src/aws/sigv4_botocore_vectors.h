// SPDX-License-Identifier: Apache-2.0
// Requests as botocore 1.44.5 signed them at 2026-11-24T20:17:40Z (its own code, clock frozen, key and secret below): what
// the clients really send, odd keys and presigned URLs included. Test data for sigv4_test.cc.
#pragma once

#include <string>
#include <vector>

#include "http/message.h"

namespace sagebrush::aws::testing {

inline constexpr const char* kVectorSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

struct SignedByBotocore {
  std::string name;
  std::string method;
  std::string target;
  http::Headers headers;
  std::string payload_hash;
};

// clang-format off
inline const std::vector<SignedByBotocore>& BotocoreVectors() {
  static const std::vector<SignedByBotocore> vectors = {
    {"sts query", "POST",
     "/",
     {{"Host", "127.0.0.1:7070"},
      {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=c52d084466d022ad8149577a2a738e10835bb20c10762840a95d4daeb05809d8"}},
     "ab821ae955788b0e33ebd34c208442ccfc2d406e2edc5e7a39bd6458fbb4f843"},
    {"json with target", "POST",
     "/",
     {{"Host", "127.0.0.1:7070"},
      {"X-Amz-Target", "SageMaker.DescribeTrainingJob"},
      {"Content-Type", "application/x-amz-json-1.1"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=fdcf00ed05fde10e428dc34912ee2178d03936313a570378794ad5d7f41f8b94"}},
     "a398f2130e75b7a06444324bda1917f12ff153f3de8ffa65fa09e24a3a245d1e"},
    {"long-lived key", "POST",
     "/",
     {{"Host", "127.0.0.1:7070"},
      {"X-Amz-Target", "Logs_20140328.DescribeLogGroups"},
      {"Content-Type", "application/x-amz-json-1.1"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/logs/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=02377f3fc3cdb410ae42d04e4094d8c51e8fff43f321291d689f349f2c1bb6f3"}},
     "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
    {"path encoded twice", "POST",
     "/endpoints/an%20endpoint-%C3%BC/invocations",
     {{"Host", "127.0.0.1:7070"},
      {"Content-Type", "application/json"},
      {"X-Amzn-SageMaker-Custom-Attributes", "a   b"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amzn-sagemaker-custom-attributes, Signature=b810089a4f5ccad3886064e7a51d0d77de14a85414386187a733a7eba2fc3ef0"}},
     "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
    {"s3 odd key", "GET",
     "/tensorflow_sentiment_analysis/a%20b%2Bc%3Dd/%C3%BC/../x//y.txt",
     {{"Host", "127.0.0.1:7070"},
      {"x-amz-checksum-mode", "ENABLED"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"X-Amz-Content-SHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/s3/aws4_request, SignedHeaders=host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=57aa24a64cf7db0e37256a595e7303021ee854f0564e959d105b4550067bcdfb"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"s3 odd query", "GET",
     "/b?list-type=2&prefix=a%20b%2Bc%26d%3D%C3%BC%2F&delimiter=%2F&max-keys=3&encoding-type=url",
     {{"Host", "127.0.0.1:7070"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"X-Amz-Content-SHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=4c9d791d1d184672826ddb9aad3e2d0991e4fce69399f4e29165ec346d5ee57c"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"s3 sub-resource without value", "POST",
     "/b/k?uploads",
     {{"Host", "127.0.0.1:7070"},
      {"x-amz-meta-x", "one  two"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"X-Amz-Content-SHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-x;x-amz-security-token, Signature=e9c82f9dcab56e836f77f5a5ab9dd4cc89cf1a2f5779ec9651edaae7fd18b2d9"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"s3 put over http", "PUT",
     "/b/k",
     {{"Host", "127.0.0.1:7070"},
      {"Expect", "100-continue"},
      {"x-amz-checksum-crc32", "NhCmhg=="},
      {"x-amz-sdk-checksum-algorithm", "CRC32"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"X-Amz-Content-SHA256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/s3/aws4_request, SignedHeaders=host;x-amz-checksum-crc32;x-amz-content-sha256;x-amz-date;x-amz-sdk-checksum-algorithm;x-amz-security-token, Signature=8a73b4797cb29e4f9d6590f864285e6ed978efdcc2866fc7569708ffc91da762"}},
     "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
    {"s3 streaming trailer over https", "PUT",
     "/b/k",
     {{"Host", "127.0.0.1:7070"},
      {"Expect", "100-continue"},
      {"Content-Encoding", "aws-chunked"},
      {"X-Amz-Trailer", "x-amz-checksum-crc32"},
      {"X-Amz-Decoded-Content-Length", "5"},
      {"x-amz-sdk-checksum-algorithm", "CRC32"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"X-Amz-Content-SHA256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/s3/aws4_request, SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-sdk-checksum-algorithm;x-amz-security-token;x-amz-trailer, Signature=9290b2c0e9ed53ab40ed4c45264b83081c7ceb66a4ed437b5eb33ed29e650e76"}},
     "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
    {"s3 unsigned payload over https", "PUT",
     "/b/k",
     {{"Host", "127.0.0.1:7070"},
      {"Expect", "100-continue"},
      {"X-Amz-Date", "20261124T201740Z"},
      {"X-Amz-Security-Token", "Token+with/odd=chars=="},
      {"X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"},
      {"Authorization", "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLEEXAMPLE00/20261124/us-west-2/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=0125328dcf687c50efe18ab4be2129a546c510e5f1831b9b02b2d7b757bc3c27"}},
     "UNSIGNED-PAYLOAD"},
    {"presigned v4 get", "GET",
     "/b/a%20b%2Bc%3Dd/%C3%BC/../x//y.txt?response-content-disposition=attachment%3B%20filename%3D%22a%20b%22&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLEEXAMPLE00%2F20261124%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=20261124T201740Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=Token%2Bwith%2Fodd%3Dchars%3D%3D&X-Amz-Signature=8c784269f5cf69c54f7eb473df79b3ef94bcad955934875eb9a5b8d566804cd8",
     {{"Host", "127.0.0.1:7070"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"presigned v4 put", "PUT",
     "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLEEXAMPLE00%2F20261124%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=20261124T201740Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature=86eb9736b1c23e20f4c50da8ab6983ee5cfaf3b52f5fd177e027f55d5fa07c52",
     {{"Host", "127.0.0.1:7070"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"presigned sts", "GET",
     "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAEXAMPLEEXAMPLE00%2F20261124%2Fus-west-2%2Fsts%2Faws4_request&X-Amz-Date=20261124T201740Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=Token%2Bwith%2Fodd%3Dchars%3D%3D&X-Amz-Signature=ae25560d59a21a16ef7d506c3dad49f554e195544bf5f51115659be8bf5deb80",
     {{"Host", "127.0.0.1:7070"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"presigned v2 get", "GET",
     "/b/a%20b%2Bc%3Dd/%C3%BC/../x//y.txt?versionId=v%2F1&response-content-disposition=attachment%3B%20filename%3D%22a%20b%22&AWSAccessKeyId=ASIAEXAMPLEEXAMPLE00&Signature=Dr5IZtsIwIhdIn89Vr4of0j8jq4%3D&x-amz-security-token=Token%2Bwith%2Fodd%3Dchars%3D%3D&Expires=1795552060",
     {{"Host", "127.0.0.1:7070"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"presigned v2 get, the default", "GET",
     "/tensorflow_sentiment_analysis/k?AWSAccessKeyId=ASIAEXAMPLEEXAMPLE00&Signature=EzZZdJ71VIg7nVVIySGTXqY%2Frj8%3D&x-amz-security-token=Token%2Bwith%2Fodd%3Dchars%3D%3D&Expires=1795552060",
     {{"Host", "127.0.0.1:7070"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"presigned v2 put with type", "PUT",
     "/b/k?AWSAccessKeyId=ASIAEXAMPLEEXAMPLE00&Signature=VJnN3lLCShLsfe7plZI0fB7pRL8%3D&content-type=text%2Fplain&x-amz-meta-a=b%20c&Expires=1795552060",
     {{"Host", "127.0.0.1:7070"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"presigned v2 part", "PUT",
     "/b/k?uploadId=u%3D%3D&partNumber=2&AWSAccessKeyId=ASIAEXAMPLEEXAMPLE00&Signature=4h%2F5i5RpsHC7TT8C4WDV%2Fa%2BSnAU%3D&x-amz-security-token=Token%2Bwith%2Fodd%3Dchars%3D%3D&Expires=1795552060",
     {{"Host", "127.0.0.1:7070"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"presigned v2 virtual host", "GET",
     "/k?AWSAccessKeyId=ASIAEXAMPLEEXAMPLE00&Signature=LDyCGL5fB29%2BexrYhXq%2BG5Frd7E%3D&x-amz-security-token=Token%2Bwith%2Fodd%3Dchars%3D%3D&Expires=1795552060",
     {{"Host", "mybucket.s3.us-west-2.amazonaws.com"}},
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
  };
  return vectors;
}
// clang-format on

}  // namespace sagebrush::aws::testing
