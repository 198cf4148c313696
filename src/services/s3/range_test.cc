// SPDX-License-Identifier: Apache-2.0
#include "services/s3/range.h"

#include <gtest/gtest.h>

#include "services/s3/copy_source.h"

namespace sagebrush::services::s3 {
namespace {

TEST(Range, NumbersThatDoNotFitAreNoRange) {
  EXPECT_EQ(AnswerRange("bytes=99999999999999999999-", 10).kind, RangeAnswer::Kind::kWhole);
  EXPECT_EQ(AnswerRange("bytes=0-18446744073709551615", 10).range.length, 10U);
  EXPECT_EQ(AnswerRange("bytes=-0", 10).kind, RangeAnswer::Kind::kUnsatisfiable);
  EXPECT_EQ(AnswerRange("", 10).kind, RangeAnswer::Kind::kWhole);
  EXPECT_EQ(AnswerRange(" Bytes=1-2", 10).range.offset, 1U);
}

TEST(Range, ACopysRangeHasBothEnds) {
  ByteRange range;
  EXPECT_TRUE(ParseCopyRange("bytes=2-5", &range));
  EXPECT_EQ(range.offset, 2U);
  EXPECT_EQ(range.length, 4U);
  for (const char* bad :
       {"bytes=2-", "bytes=-2", "2-5", "bytes=5-2", "bytes=0-18446744073709551615"})
    EXPECT_FALSE(ParseCopyRange(bad, &range)) << bad;
}

TEST(CopySource, TakesAllTheFormsClientsSend) {
  EXPECT_EQ(ParseCopySource("/b/a%20b")->key, "a b");
  EXPECT_EQ(ParseCopySource("b/k%3FversionId=x")->key, "k?versionId=x");
  EXPECT_EQ(ParseCopySource("b%2Fk/x")->bucket, "b");
  EXPECT_EQ(ParseCopySource("b/k?versionId=v1")->version, "v1");
  EXPECT_EQ(ParseCopySource("b/100%")->key, "100%");
  for (const char* bad : {"", "/", "b", "b/", "/b/"})
    EXPECT_FALSE(ParseCopySource(bad).has_value()) << bad;
}

}  // namespace
}  // namespace sagebrush::services::s3
