// SPDX-License-Identifier: Apache-2.0
// CloudWatch's bounds: which values and times it takes, and how long it keeps data of which resolution. Constants and
// pure functions; any thread.
#pragma once

#include <cstdint>

namespace sagebrush::metricstore {

// API reference, MetricDatum: a value's size, and how far its time may lie behind and ahead.
inline constexpr double kLargestValue = 0x1p360;
inline constexpr std::int64_t kOldestSeconds = 14 * 86'400;
inline constexpr std::int64_t kNewestSeconds = 2 * 3600;

// A resolution, and for how long its data is kept before it goes into the next; the last is dropped.
struct Resolution {
  std::int64_t seconds;
  std::int64_t kept_seconds;
};
// CloudWatch User Guide, "Metrics retention".
inline constexpr Resolution kResolutions[] = {
    {1, 3 * 3600}, {60, 15 * 86'400}, {300, 63 * 86'400}, {3600, 455 * 86'400}};
// The finest resolution in which data of that age is still there.
constexpr std::int64_t FinestKept(std::int64_t age_seconds) {
  std::int64_t finest = 0;
  for (const Resolution& resolution : kResolutions) {
    finest = resolution.seconds;
    if (age_seconds <= resolution.kept_seconds) break;
  }
  return finest;
}

// The beginning of the period that `seconds` lies in; before 1970 too.
constexpr std::int64_t FloorTo(std::int64_t seconds, std::int64_t period) {
  const std::int64_t rest = seconds % period;
  return seconds - (rest < 0 ? rest + period : rest);
}

}  // namespace sagebrush::metricstore
