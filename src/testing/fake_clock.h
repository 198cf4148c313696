// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until the test moves it. Any thread may call.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace sagebrush::testing {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(TimePoint now = FromMillis(1'795'551'460'000))
      : millis_(ToMillis(now)) {}  // 2026-11-24T20:17:40Z

  TimePoint Now() const override { return FromMillis(millis_); }
  SteadyTime SteadyNow() const override { return SteadyTime(std::chrono::milliseconds(millis_)); }
  void Advance(std::chrono::milliseconds by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_;
};

}  // namespace sagebrush::testing
