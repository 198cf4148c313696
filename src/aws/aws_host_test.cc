// SPDX-License-Identifier: Apache-2.0
#include "aws/aws_host.h"

#include <gtest/gtest.h>

namespace sagebrush::aws {
namespace {

TEST(IsAwsHost, IsTrueOfTheDomainAndOfWhatLiesBelow) {
  for (const char* host :
       {"amazonaws.com", "sts.us-west-2.amazonaws.com", "my_bucket.s3.amazonaws.com",
        "runtime.sagemaker.us-west-2.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn"})
    EXPECT_TRUE(IsAwsHost(host)) << host;
}

TEST(IsAwsHost, NeitherCaseNorPortNorTheFinalDotMatters) {
  for (const char* host : {"STS.AmazonAWS.com", "s3.amazonaws.com:443", "S3.amazonaws.com:80",
                           "s3.amazonaws.com.", "s3.amazonaws.com.:443", "amazonaws.com:8080"})
    EXPECT_TRUE(IsAwsHost(host)) << host;
}

TEST(IsAwsHost, ANameThatOnlyLooksLikeItIsNot) {
  for (const char* host : {"amazonaws.com.evil.org",
                           "sts.amazonaws.com.evil.org",
                           "evilamazonaws.com",
                           "evil-amazonaws.com",
                           "amazonaws.com.evil",
                           "amazonaws.co",
                           "amazonaws.com.cn.evil.org",
                           "amazonaws",
                           "com",
                           "aws.amazon.com",
                           "amazonaws.com..",
                           "amazonaws.com@evil.org",
                           "evil.org/amazonaws.com",
                           "evil.org:amazonaws.com",
                           "[amazonaws.com]",
                           "10.0.0.1",
                           "[::1]",
                           "",
                           ".",
                           ":443",
                           "sts.amazonaws.com:x",
                           "sts.amazonaws.com:99999"})
    EXPECT_FALSE(IsAwsHost(host)) << host;
}

}  // namespace
}  // namespace sagebrush::aws
