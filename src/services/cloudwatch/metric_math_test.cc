// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/metric_math.h"

#include <gtest/gtest.h>

namespace sagebrush::services::cloudwatch {
namespace {

const std::map<std::string, Series> kSeries = {{"m1", {{60, 1}, {120, 4}, {180, 9}}},
                                               {"m2", {{120, 2}, {180, 0}, {240, 5}}}};

Result<Series> Evaluate(const std::string& expression) {
  ASSIGN_OR_RETURN(const MetricMath math, MetricMath::Parse(expression));
  return math.Evaluate([](const std::string& id) -> const Series& { return kSeries.at(id); });
}

std::string Refusal(const std::string& expression) {
  return Evaluate(expression).status().message();
}

TEST(MetricMath, NumbersApplyToEachPoint) {
  EXPECT_EQ(Evaluate("m1 * 2").value(), (Series{{60, 2}, {120, 8}, {180, 18}}));
  EXPECT_EQ(Evaluate("10 - m1").value(), (Series{{60, 9}, {120, 6}, {180, 1}}));
  EXPECT_EQ(Evaluate("-m1^2").value(), (Series{{60, -1}, {120, -16}, {180, -81}}));
  EXPECT_EQ(Evaluate("m1^-1").value().at(120), 0.25);
}

TEST(MetricMath, TwoSeriesMeetWhereBothHaveAPoint) {
  EXPECT_EQ(Evaluate("m1+m2").value(), (Series{{120, 6}, {180, 9}}));
  EXPECT_EQ(Evaluate("100*(m1/m2)").value(), (Series{{120, 200}}));  // nothing is divided by 0
}

TEST(MetricMath, OperatorsBindAsUsual) {
  EXPECT_EQ(Evaluate("m2 + 2 * 3 - 4 / 2").value(), (Series{{120, 6}, {180, 4}, {240, 9}}));
  EXPECT_EQ(Evaluate("m2 * 0 + 2 ^ 3 ^ 2").value().at(120), 512);
  EXPECT_EQ(Evaluate("m2 * 0 + 10 - 3 - 2").value().at(120), 5);
  EXPECT_EQ(Evaluate("m2 * 0 + (10 - (3 - 2))").value().at(120), 9);
}

TEST(MetricMath, KnowsWhatItNames) {
  EXPECT_EQ(MetricMath::Parse("b/a + b")->references(), (std::vector<std::string>{"b", "a"}));
}

TEST(MetricMath, WhatCannotBeCalculatedIsExplained) {
  EXPECT_EQ(Refusal("FILL(m1, 0)"),
            "the function FILL is not available on this server; + - * / ^ and parentheses are");
  EXPECT_EQ(Refusal("m1 +"), "it ends too early");
  EXPECT_EQ(Refusal("(m1"), "a parenthesis is not closed");
  EXPECT_EQ(Refusal("m1 m2"), "unexpected 'm'");
  EXPECT_EQ(Refusal("m1 > 2"), "unexpected '>'");
  EXPECT_EQ(Refusal("1.2.3 * m1"), "'1.2.3' is no number");
  EXPECT_EQ(Refusal("1 + 2"), "it names no metric, so it gives a number and no series");
  EXPECT_EQ(Refusal(""), "it ends too early");
  EXPECT_EQ(Refusal(std::string(1000, '(')), "it is nested too deeply");
  EXPECT_EQ(Refusal(std::string(1000, '-') + "1"), "it is nested too deeply");
}

}  // namespace
}  // namespace sagebrush::services::cloudwatch
