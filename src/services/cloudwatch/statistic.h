// SPDX-License-Identifier: Apache-2.0
// A statistic by its name: Average, Sum, Minimum, Maximum, SampleCount, and percentiles p0 to p100 with up to ten decimals.
// CloudWatch's trimmed ones (tm, wm, tc, ts, pr, IQM) are not there. Pure functions; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "metricstore/summary.h"

namespace sagebrush::services::cloudwatch {

struct Statistic {
  enum class Kind { kAverage, kSum, kMinimum, kMaximum, kSampleCount, kPercentile };
  Kind kind = Kind::kAverage;
  double percent = 0;

  bool is_percentile() const { return kind == Kind::kPercentile; }
};

std::optional<Statistic> ParseStatistic(std::string_view name);
std::optional<Statistic> ParsePercentile(std::string_view name);
// Whether AWS would know it.
bool IsTrimmedStatistic(std::string_view name);

// Nothing: a percentile of values that nobody kept.
std::optional<double> ValueOf(const Statistic& statistic, const metricstore::Summary& summary);

}  // namespace sagebrush::services::cloudwatch
