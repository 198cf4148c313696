// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

namespace sagebrush {
namespace {

constexpr std::int64_t kMoment = 1'795'551'460'123;  // 2026-11-24T20:17:40.123Z, a Tuesday

TEST(ClockTest, WritesEveryFormatOfAws) {
  EXPECT_EQ(FormatIso8601(FromMillis(kMoment)), "2026-11-24T20:17:40Z");
  EXPECT_EQ(FormatIso8601Millis(FromMillis(kMoment)), "2026-11-24T20:17:40.123Z");
  EXPECT_EQ(FormatBasic(FromMillis(kMoment)), "20261124T201740Z");
  EXPECT_EQ(FormatHttpDate(FromMillis(kMoment)), "Tue, 24 Nov 2026 20:17:40 GMT");
}

TEST(ClockTest, ReadsWhatItWritesAndItsVariants) {
  const std::int64_t whole = kMoment - 123;
  for (const char* text :
       {"2026-11-24T20:17:40Z", "20261124T201740Z", "Tue, 24 Nov 2026 20:17:40 GMT",
        "2026-11-24T21:17:40+01:00", "2026-11-24T20:17:40"})
    EXPECT_EQ(ToMillis(ParseTime(text).value_or(TimePoint{})), whole) << text;
  EXPECT_EQ(ToMillis(*ParseTime("2026-11-24T20:17:40.123Z")), kMoment);
  EXPECT_EQ(FormatIso8601(*ParseTime("2026-11-24")), "2026-11-24T00:00:00Z");
}

TEST(ClockTest, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-24T25:00:00Z",
        "20261124T2017Z", "tomorrow", "2026-11-24T20:17:40Zx"})
    EXPECT_FALSE(ParseTime(text).ok()) << text;
}

TEST(ClockTest, WritesTimesBefore1970) {
  EXPECT_EQ(FormatIso8601Millis(FromMillis(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(ClockTest, EpochSecondsKeepMilliseconds) {
  EXPECT_EQ(ToMillis(FromEpochSeconds(ToEpochSeconds(FromMillis(kMoment)))), kMoment);
}

}  // namespace
}  // namespace sagebrush
