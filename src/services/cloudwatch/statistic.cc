// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/statistic.h"

#include <algorithm>

#include "base/strings.h"

namespace sagebrush::services::cloudwatch {

std::optional<Statistic> ParseStatistic(std::string_view name) {
  using Kind = Statistic::Kind;
  if (name == "Average") return Statistic{Kind::kAverage};
  if (name == "Sum") return Statistic{Kind::kSum};
  if (name == "Minimum") return Statistic{Kind::kMinimum};
  if (name == "Maximum") return Statistic{Kind::kMaximum};
  if (name == "SampleCount") return Statistic{Kind::kSampleCount};
  return ParsePercentile(name);
}

std::optional<Statistic> ParsePercentile(std::string_view name) {
  if (name.size() < 2 || name.size() > 14 || name[0] != 'p') return std::nullopt;
  const std::string_view digits = name.substr(1);
  const bool plain = std::all_of(digits.begin(), digits.end(),
                                 [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  const auto percent = ParseDouble(digits);
  if (!plain || !percent || *percent > 100) return std::nullopt;
  return Statistic{Statistic::Kind::kPercentile, *percent};
}

bool IsTrimmedStatistic(std::string_view name) {
  if (ToLower(name) == "iqm") return true;
  const std::string kind = ToLower(name.substr(0, 2));
  for (const char* known : {"tm", "wm", "tc", "ts", "pr"})
    if (kind == known) return true;
  return false;
}

std::optional<double> ValueOf(const Statistic& statistic, const metricstore::Summary& summary) {
  switch (statistic.kind) {
    case Statistic::Kind::kAverage:
      return summary.Average();
    case Statistic::Kind::kSum:
      return summary.sum();
    case Statistic::Kind::kMinimum:
      return summary.minimum();
    case Statistic::Kind::kMaximum:
      return summary.maximum();
    case Statistic::Kind::kSampleCount:
      return summary.samples();
    case Statistic::Kind::kPercentile:
      return summary.Percentile(statistic.percent);
  }
  return std::nullopt;
}

}  // namespace sagebrush::services::cloudwatch
