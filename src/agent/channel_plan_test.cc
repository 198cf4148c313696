// SPDX-License-Identifier: Apache-2.0
#include "agent/channel_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Names(const Result<std::vector<PlannedFile>>& plan) {
  std::vector<std::string> names;
  if (!plan.ok()) return {plan.status().message()};
  for (const PlannedFile& file : *plan) names.push_back(file.name);
  return names;
}

TEST(ChannelPlan, NamesAreThoseBelowThePrefix) {
  EXPECT_EQ(NameBelowPrefix("p/train/", "p/train/x.csv"), "x.csv");
  EXPECT_EQ(NameBelowPrefix("p/train", "p/train/sub/x.csv"), "sub/x.csv");
  EXPECT_EQ(NameBelowPrefix("p/train/x.csv", "p/train/x.csv"), "x.csv");
  EXPECT_EQ(NameBelowPrefix("p/tr", "p/train/x.csv"), "train/x.csv");
  EXPECT_EQ(NameBelowPrefix("p/train", "p/train2.csv"), "train2.csv");
  EXPECT_EQ(NameBelowPrefix("", "a/b"), "a/b");
  EXPECT_EQ(NameBelowPrefix("x.csv", "x.csv"), "x.csv");
  EXPECT_EQ(NameBelowPrefix("tr", "train.csv"), "train.csv");
}

TEST(ChannelPlan, FolderMarkersAreLeftOut) {
  EXPECT_THAT(
      Names(PlanPrefix({"b", "p/"}, {{"p/", 0}, {"p/a", 1}, {"p/sub/", 0}, {"p/sub/b", 1}})),
      ElementsAre("a", "sub/b"));
}

TEST(ChannelPlan, AKeyThatClimbsIsRefused) {
  EXPECT_THAT(Names(PlanPrefix({"b", "p/"}, {{"p/../../etc/passwd", 1}})).front(),
              HasSubstr("s3://b/p/../../etc/passwd"));
}

TEST(ChannelPlan, AFileThatWouldBeAFolderTooIsToldInTheWordsOfAws) {
  EXPECT_THAT(
      Names(PlanPrefix({"b", "p/"}, {{"p/a", 1}, {"p/a/b", 1}})),
      ElementsAre(
          "Cannot download s3://b/p/a/b, a previously downloaded file/folder clashes with it."));
  EXPECT_THAT(Names(PlanPrefix({"b", "p/"}, {{"p/a", 1}, {"p//a", 1}})).front(),
              HasSubstr("clashes"));
}

TEST(ChannelPlan, AManifestNamesItsObjects) {
  const auto plan = PlanManifest(R"([{"prefix": "s3://b/some/"}, "x/1.csv", "2.csv"])");

  EXPECT_THAT(Names(plan), ElementsAre("x/1.csv", "2.csv"));
  EXPECT_EQ(plan->front().object, (aws::S3Uri{"b", "some/x/1.csv"}));
}

TEST(ChannelPlan, ABrokenManifestIsAnError) {
  for (const char* text :
       {"", "{}", "[]", "[\"a\"]", "[{\"prefix\": \"x\"}]", "[{\"prefix\": \"s3://b/\"}, 3]",
        "[{\"prefix\": \"s3://b/\"}, \"../x\"]"}) {
    EXPECT_FALSE(PlanManifest(text).ok()) << text;
  }
}

TEST(ChannelPlan, ShardsAreDisjointAndComplete) {
  std::vector<PlannedFile> files;
  for (const char* name : {"a", "b", "c", "d", "e"}) files.push_back({{"b", name}, name, 0});

  EXPECT_THAT(Names(ShardOf(files, 0, 2)), ElementsAre("a", "c", "e"));
  EXPECT_THAT(Names(ShardOf(files, 1, 2)), ElementsAre("b", "d"));
}

}  // namespace
}  // namespace sagebrush::agent
