// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_uri.h"

#include <gtest/gtest.h>

namespace sagebrush::aws {
namespace {

TEST(ParseS3UriTest, TheKeyIsAllBehindTheBucket) {
  EXPECT_EQ(*ParseS3Uri("s3://b/some/key/"), (S3Uri{"b", "some/key/"}));
  EXPECT_EQ(*ParseS3Uri("s3://b//key"), (S3Uri{"b", "/key"}));
  EXPECT_EQ(*ParseS3Uri("s3://b/"), (S3Uri{"b", ""}));
  EXPECT_EQ(*ParseS3Uri("s3://b"), (S3Uri{"b", ""}));
}

TEST(ParseS3UriTest, WhatNamesNoBucketIsRefused) {
  for (const char* text : {"", "b/key", "https://b/key", "S3://b/key", "s3://", "s3:///key"})
    EXPECT_EQ(ParseS3Uri(text).status().code(), Code::kInvalidArgument) << text;
}

}  // namespace
}  // namespace sagebrush::aws
