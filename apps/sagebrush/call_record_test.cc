// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/call_record.h"

#include <gtest/gtest.h>

namespace sagebrush::apps {
namespace {

TEST(ClientOf, TheOutermostOfAwssClientsIsNamed) {
  EXPECT_EQ(ClientOf("Boto3/1.44.5 md/Botocore#1.44.8 ua/2.1 os/linux"), "Boto3/1.44.5");
  EXPECT_EQ(ClientOf("aws-cli/1.46.3 md/awscrt#0.38.0 ua/2.1 Botocore/1.43.62"), "aws-cli/1.46.3");
  EXPECT_EQ(ClientOf("aws-sdk-js/3.750.0 ua/2.1 os/linux lang/js"), "aws-sdk-js/3.750.0");
  EXPECT_EQ(ClientOf("AWS-SageMaker-Python-SDK/1.72.1 Python/3.7.9 Boto3/1.16.63 Botocore/1.19.63"),
            "AWS-SageMaker-Python-SDK/1.72.1");
  EXPECT_EQ(ClientOf("Boto3/1.44.5 md/Botocore#1.44.8 lib/AWS-SageMaker-Python-SDK#2.257.7"),
            "AWS-SageMaker-Python-SDK/2.257.7");
}

TEST(ClientOf, WhoIsNoneOfThemHasNoName) {
  EXPECT_EQ(ClientOf("sagebrush-agent"), "");
  EXPECT_EQ(ClientOf(""), "");
}

}  // namespace
}  // namespace sagebrush::apps
