// SPDX-License-Identifier: Apache-2.0
// Clock: where time comes from. Nothing else in the project asks the machine for the time of day, so that tests own it
// (testing/fake_clock.h). Every method may be called from any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sagebrush {

// Wall-clock time as milliseconds since 1970: what AWS's APIs and our records carry.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
// Only for durations; never stored.
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
  virtual SteadyTime SteadyNow() const = 0;

  // The machine's own clock; lives as long as the program.
  static const Clock& System();
};

inline std::int64_t ToMillis(TimePoint time) { return time.time_since_epoch().count(); }
inline TimePoint FromMillis(std::int64_t millis) {
  return TimePoint(std::chrono::milliseconds(millis));
}
// Seconds since 1970 with a fraction: AWS's JSON protocols.
inline double ToEpochSeconds(TimePoint time) {
  return static_cast<double>(ToMillis(time)) / 1000.0;
}
inline TimePoint FromEpochSeconds(double seconds) {
  return FromMillis(static_cast<std::int64_t>(seconds * 1000.0 + (seconds < 0 ? -0.5 : 0.5)));
}

std::string FormatIso8601(TimePoint time);        // 2026-11-24T20:17:40Z
std::string FormatIso8601Millis(TimePoint time);  // 2026-11-24T20:17:40.123Z
std::string FormatBasic(TimePoint time);          // 20261124T201740Z (SigV4)
std::string FormatHttpDate(TimePoint time);       // Tue, 24 Nov 2026 20:17:40 GMT

// Reads ISO 8601 (extended or basic, with or without fraction, Z or an offset) and RFC 7231 dates.
Result<TimePoint> ParseTime(std::string_view text);

}  // namespace sagebrush
