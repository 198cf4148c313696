// SPDX-License-Identifier: Apache-2.0
#include "aws/schema.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "aws/pattern.h"
#include "aws_models/services.h"

namespace sagebrush::aws {
namespace {

TEST(Schema, HoldsEveryOperationOfThePinnedModels) {
  EXPECT_EQ(SagemakerModel().operations.size(), 425u);
  EXPECT_EQ(S3Model().operations.size(), 116u);
  EXPECT_EQ(LogsModel().operations.size(), 118u);
  EXPECT_EQ(IamModel().operations.size(), 180u);
  EXPECT_EQ(StsModel().operations.size(), 11u);
  EXPECT_EQ(SagemakerRuntimeModel().operations.size(), 3u);
}

TEST(Schema, OperationsAreSortedSoThatEachIsFound) {
  for (const Service* service : AllServices())
    for (const Operation& operation : service->operations)
      EXPECT_EQ(service->FindOperation(operation.name), &operation);
  EXPECT_EQ(SagemakerModel().FindOperation("CreateNothing"), nullptr);
}

TEST(Schema, EveryPointerLeadsToARowOfItsService) {
  for (const Service* service : AllServices()) {
    for (const Shape& shape : service->shapes) {
      for (const Member& member : shape.members) {
        EXPECT_GE(member.shape, service->shapes.data());
        EXPECT_LT(member.shape, service->shapes.data() + service->shapes.size());
      }
      const std::size_t inner = shape.type == Type::kList  ? 1
                                : shape.type == Type::kMap ? 2
                                                           : shape.members.size();
      EXPECT_EQ(shape.members.size(), inner);
    }
  }
}

TEST(Schema, KeepsConstraintsLocationsAndNames) {
  const Shape& request = *SagemakerModel().FindOperation("CreateTrainingJob")->input;
  const Member* name = request.Find("TrainingJobName");
  ASSERT_NE(name, nullptr);
  EXPECT_TRUE(name->Is(Member::kRequired));
  EXPECT_EQ(name->shape->max, 63);
  EXPECT_EQ(name->shape->pattern, "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");

  const Member* metadata = S3Model().FindOperation("PutObject")->input->Find("Metadata");
  EXPECT_EQ(metadata->location, Location::kHeaderPrefix);
  EXPECT_EQ(metadata->wire_name, "x-amz-meta-");
}

TEST(Schema, KeepsTheLongestEnumsToo) {
  const Operation* create = SagemakerModel().FindOperation("CreateTrainingJob");
  const Shape* type = create->input->Find("ResourceConfig")->shape->Find("InstanceType")->shape;

  EXPECT_GT(type->enum_values.size(), 200U);
  EXPECT_EQ(std::count(type->enum_values.begin(), type->enum_values.end(), "ml.m5.large"), 1);
}

TEST(Schema, KnowsWhichRequestsMustCarryAChecksum) {
  EXPECT_TRUE(S3Model().FindOperation("DeleteObjects")->Is(Operation::kChecksumRequired));
  EXPECT_TRUE(S3Model().FindOperation("PutBucketPolicy")->Is(Operation::kChecksumRequired));
  EXPECT_FALSE(S3Model().FindOperation("PutObject")->Is(Operation::kChecksumRequired));
}

TEST(Pattern, EveryPatternOfEveryShippedModelCompiles) {
  PatternCache patterns;
  int count = 0;
  for (const Service* service : AllServices()) {
    for (const Shape& shape : service->shapes) {
      if (shape.pattern.empty()) continue;
      ++count;
      const Status status = patterns.Compile(shape.pattern);
      EXPECT_TRUE(status.ok()) << service->name << " " << shape.name << ": " << status.message();
    }
  }
  EXPECT_GT(count, 500);
}

TEST(Pattern, MatchesTheWholeStringOnly) {
  PatternCache patterns;

  EXPECT_TRUE(patterns.Matches("[a-z]+", "abc"));
  EXPECT_FALSE(patterns.Matches("[a-z]+", "abc1"));
  EXPECT_FALSE(patterns.Matches("[a-z]+", "abc\n"));
  EXPECT_TRUE(patterns.Matches("a|ab", "ab"));
}

TEST(Pattern, TranslatesWhatJavaSpellsDifferently) {
  PatternCache patterns;

  EXPECT_TRUE(patterns.Matches(R"([\u0009\u000A\u000D\u0020-\u00FF]+)", "a\tü"));
  EXPECT_TRUE(patterns.Matches(R"([\p{Alnum}\-]+)", "a-1"));
  EXPECT_FALSE(patterns.Matches(R"([\p{Alnum}\-]+)", "a_1"));
  EXPECT_TRUE(patterns.Matches(R"([\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*)", "😀"));
  EXPECT_TRUE(patterns.Matches(R"(([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,128})", "größe 1"));
}

TEST(Pattern, TextThatIsNoUtf8DoesNotMatch) {
  PatternCache patterns;

  EXPECT_FALSE(patterns.Matches(".*", "\xff\xfe"));
}

TEST(Pattern, CatastrophicInputEndsAtTheLimit) {
  PatternCache patterns;

  EXPECT_FALSE(patterns.Matches("(a+)+", std::string(200, 'a') + "b"));
}

}  // namespace
}  // namespace sagebrush::aws
