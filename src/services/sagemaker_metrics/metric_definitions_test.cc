// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_metrics/metric_definitions.h"

#include <gtest/gtest.h>

namespace sagebrush::services::sagemaker_metrics {
namespace {

std::string FindIn(const std::vector<MetricDefinition>& definitions, std::string_view line) {
  const auto finder = MetricFinder::Create(definitions);
  if (!finder.ok()) return finder.status().message();
  std::string text;
  for (const FoundValue& found : (*finder)->Find(line))
    text += *found.name + "=" + Json(found.value).Dump() + " ";
  return text;
}

TEST(MetricDefinitions, TheFirstGroupIsTheValue) {
  EXPECT_EQ(FindIn({{"loss", "loss: ([0-9\\.]+)"}, {"acc", "acc: ([0-9\\.]+)"}},
                   "10/10 - 1s - loss: 0.6931 - acc: 0.5000"),
            "loss=0.6931 acc=0.5 ");
  EXPECT_EQ(FindIn({{"e", "error=(?P<v>\\S+) (\\d+)"}}, "error=-1.5e-3 7"), "e=-0.0015 ");
  EXPECT_EQ(FindIn({{"n", "\\d+"}}, "epoch 12"), "n=12.0 ");
  EXPECT_EQ(FindIn({{"loss", "loss: ([0-9\\.]+)"}}, "nothing here"), "");
}

TEST(MetricDefinitions, EveryMatchOfALineCounts) {
  EXPECT_EQ(FindIn({{"loss", "loss=([\\d.]+)"}}, "loss=3 loss=2 loss=1"),
            "loss=3.0 loss=2.0 loss=1.0 ");
  EXPECT_EQ(FindIn({{"odd", "x*"}}, "axb"), "");  // empty matches end
}

TEST(MetricDefinitions, WhatIsNoFiniteNumberIsPassedOver) {
  const std::vector<MetricDefinition> any = {{"v", "v=(\\S*)"}};

  for (const char* line : {"v=nan", "v=inf", "v=12%", "v=", "v=0x10", "v=1e400"})
    EXPECT_EQ(FindIn(any, line), "") << line;
  EXPECT_EQ(FindIn(any, "v=+2.5"), "v=2.5 ");
}

TEST(MetricDefinitions, LinesMayHoldAnyBytes) {
  EXPECT_EQ(FindIn({{"v", "v=(\\d+)"}}, std::string_view("\xff\xfe\0 v=7 \xc3", 9)), "v=7.0 ");
}

TEST(MetricDefinitions, WhatCannotBeUsedIsExplained) {
  EXPECT_EQ(RegexProblem({"loss", "loss: ([0-9]+)"}), std::nullopt);
  // The library's own words in the middle differ from release to release.
  const std::string problem = RegexProblem({"loss", "(?<=loss: )([0-9]+)"}).value_or("");
  EXPECT_TRUE(problem.starts_with(
      "The Regex '(?<=loss: )([0-9]+)' of MetricDefinition 'loss' cannot be used: "))
      << problem;
  EXPECT_TRUE(problem.ends_with(
      ". Expressions are RE2's: Python's, without look-around, backreferences and \\Z."))
      << problem;
  EXPECT_NE(RegexProblem({"loss", "loss: ([0-9]+"}), std::nullopt);
}

TEST(MetricDefinitions, AHostileExpressionCostsNoMoreThanTheLine) {
  const std::string line(100'000, 'a');

  EXPECT_EQ(FindIn({{"evil", "(a+)+(\\d)$"}, {"worse", "(a|aa)+b"}}, line), "");
}

TEST(MetricDefinitions, ALineGivesNoMoreThanItsBounds) {
  std::string many;
  for (int i = 0; i < 150; ++i) many += "v=1 ";
  const auto finder = MetricFinder::Create({{"v", "v=(\\d+)"}, {"w", "v=1"}}).value();
  EXPECT_EQ(finder->Find(many).size(), 100u);  // "v=1" is no number

  const std::string far = std::string((16 << 10) - 3, ' ') + "v=1234";
  EXPECT_EQ(FindIn({{"v", "v=(\\d+)"}}, far), "");  // 1 would be wrong
  EXPECT_EQ(FindIn({{"v", "v=(\\d+)"}}, "v=7" + far), "v=7.0 ");
}

TEST(MetricDefinitions, AreReadFromTheRequest) {
  const auto document =
      Json::Parse(R"({"MetricDefinitions":[{"Name":"a","Regex":"x"},{"Name":"b","Regex":"y"}]})")
          .value();

  const auto read = ReadDefinitions(&document);

  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].name, "b");
  EXPECT_EQ(read[1].regex, "y");
  EXPECT_TRUE(ReadDefinitions(nullptr).empty());
}

}  // namespace
}  // namespace sagebrush::services::sagemaker_metrics
