// SPDX-License-Identifier: Apache-2.0
#include "metricstore/summary.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace sagebrush::metricstore {
namespace {

Summary OfAll(const std::vector<double>& values) {
  Summary summary;
  for (const double value : values) summary.Add(Summary::Of(value));
  return summary;
}

TEST(Summary, KeepsFiguresOfEveryValue) {
  Summary summary = OfAll({3, -1, 7});
  summary.Add(Summary::Of(2, 4));

  EXPECT_EQ(summary.samples(), 7);
  EXPECT_EQ(summary.sum(), 17);
  EXPECT_EQ(summary.minimum(), -1);
  EXPECT_EQ(summary.maximum(), 7);
  EXPECT_DOUBLE_EQ(summary.Average(), 17.0 / 7);
}

TEST(Summary, PercentilesOfFewValuesAreExact) {
  std::vector<double> values;
  for (int i = 100; i >= 1; --i) values.push_back(i);
  const Summary summary = OfAll(values);

  for (const int percent : {1, 7, 10, 29, 50, 90, 99})
    EXPECT_EQ(summary.Percentile(percent), percent);
  EXPECT_EQ(summary.Percentile(0), 1);
  EXPECT_EQ(summary.Percentile(100), 100);
  EXPECT_EQ(summary.Percentile(99.5), 100);
  EXPECT_EQ(OfAll({5}).Percentile(50), 5);
  EXPECT_EQ(Summary().Percentile(50), std::nullopt);
}

TEST(Summary, PercentilesOfManyValuesAreNearAndTheirRoomIsBounded) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> latency(8, 1);
  std::vector<double> values;
  Summary total;
  for (int minute = 0; minute < 20; ++minute) {  // merges of merges, as a rolled-up hour is one
    Summary part;
    for (int i = 0; i < 5000; ++i) {
      values.push_back(latency(random));
      part.Add(Summary::Of(values.back()));
    }
    total.Add(part);
  }
  std::sort(values.begin(), values.end());
  const auto rank = [&](double value) {
    return static_cast<double>(std::lower_bound(values.begin(), values.end(), value) -
                               values.begin()) /
           static_cast<double>(values.size()) * 100;
  };

  EXPECT_NEAR(rank(*total.Percentile(50)), 50, 2);
  EXPECT_NEAR(rank(*total.Percentile(90)), 90, 1.5);
  EXPECT_NEAR(rank(*total.Percentile(99)), 99, 0.5);
  EXPECT_NEAR(rank(*total.Percentile(99.9)), 99.9, 0.1);
  EXPECT_LE(total.PackValues()->size(), 101u * 16);
  EXPECT_EQ(total.samples(), 100'000);
  EXPECT_EQ(total.maximum(), values.back());
}

TEST(Summary, OfAllIsAsIfTheyWereAddedOneByOne) {
  std::vector<double> values;
  for (int i = 0; i < 10'000; ++i) values.push_back((i * 7919) % 10'000);
  const Summary summary = Summary::OfAll(values);

  EXPECT_EQ(summary.samples(), 10'000);
  EXPECT_EQ(summary.sum(), 49'995'000);
  EXPECT_EQ(summary.minimum(), 0);
  EXPECT_EQ(summary.maximum(), 9999);
  EXPECT_NEAR(*summary.Percentile(99), 9900, 50);
  EXPECT_EQ(Summary::OfAll({2, 1, 2}).Percentile(60), 2);
  EXPECT_EQ(Summary::OfAll({}).samples(), 0);
}

TEST(Summary, FiguresAloneHaveNoPercentilesUnlessAllValuesAreAlike) {
  Summary alike = Summary::OfFigures(3, 6, 2, 2);
  EXPECT_EQ(alike.Percentile(50), 2);

  alike.Add(Summary::OfFigures(2, 5, 2, 3));

  EXPECT_EQ(alike.Percentile(50), std::nullopt);
  EXPECT_EQ(alike.PackValues(), std::nullopt);
  EXPECT_EQ(alike.samples(), 5);
  EXPECT_EQ(alike.sum(), 11);
}

TEST(Summary, ComesBackFromTheStoreAsItWas) {
  for (const Summary& summary :
       {OfAll({1, 2, 2, 5}), OfAll({4, 4}), Summary::OfFigures(2, 5, 2, 3)}) {
    const auto packed = summary.PackValues();
    const Summary back =
        Summary::Unpack(summary.samples(), summary.sum(), summary.minimum(), summary.maximum(),
                        packed ? std::optional<std::string_view>(*packed) : std::nullopt)
            .value();

    for (const double percent : {0, 25, 50, 75, 100})
      EXPECT_EQ(back.Percentile(percent), summary.Percentile(percent));
    EXPECT_EQ(back.samples(), summary.samples());
  }
  EXPECT_EQ(Summary::Unpack(2, 3, 1, 2, "odd").status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace sagebrush::metricstore
