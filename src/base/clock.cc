// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <fmt/format.h>

namespace sagebrush {

namespace {

class SystemClock final : public Clock {
 public:
  TimePoint Now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
  SteadyTime SteadyNow() const override { return std::chrono::steady_clock::now(); }
};

constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Civil {
  int year = 0;
  unsigned month = 0, day = 0, weekday = 0;
  int hour = 0, minute = 0, second = 0, millis = 0;
};

Civil ToCivil(TimePoint time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const auto rest = (time - days).count();
  return {.year = int(date.year()),
          .month = unsigned(date.month()),
          .day = unsigned(date.day()),
          .weekday = std::chrono::weekday(days).c_encoding(),
          .hour = static_cast<int>(rest / 3'600'000),
          .minute = static_cast<int>(rest / 60'000 % 60),
          .second = static_cast<int>(rest / 1000 % 60),
          .millis = static_cast<int>(rest % 1000)};
}

// Reads exactly `digits` digits at `*at`; -1 if they are not there.
int Digits(std::string_view text, std::size_t* at, std::size_t digits) {
  if (text.size() - *at < digits || *at > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[*at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  *at += digits;
  return value;
}

bool Skip(std::string_view text, std::size_t* at, char c) {
  if (*at >= text.size() || text[*at] != c) return false;
  ++*at;
  return true;
}

Result<TimePoint> FromCivil(const Civil& c, std::string_view text) {
  const std::chrono::year_month_day date{std::chrono::year(c.year), std::chrono::month(c.month),
                                         std::chrono::day(c.day)};
  const bool lawful = date.ok() && c.hour >= 0 && c.hour < 24 && c.minute >= 0 && c.minute < 60 &&
                      c.second >= 0 && c.second <= 60;
  if (!lawful) return InvalidArgument("not a date: " + std::string(text));
  return TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(c.hour) +
         std::chrono::minutes(c.minute) + std::chrono::seconds(c.second) +
         std::chrono::milliseconds(c.millis);
}

Result<TimePoint> ParseIso(std::string_view text) {
  const Status bad = InvalidArgument("not an ISO 8601 date: " + std::string(text));
  std::size_t at = 0;
  Civil c;
  c.year = Digits(text, &at, 4);
  const bool extended = Skip(text, &at, '-');
  const int month = Digits(text, &at, 2);
  if (extended && !Skip(text, &at, '-')) return bad;
  const int day = Digits(text, &at, 2);
  if (c.year < 0 || month < 0 || day < 0) return bad;
  c.month = static_cast<unsigned>(month);
  c.day = static_cast<unsigned>(day);
  if (at == text.size()) return FromCivil(c, text);
  if (!Skip(text, &at, 'T') && !Skip(text, &at, 't') && !Skip(text, &at, ' ')) return bad;
  c.hour = Digits(text, &at, 2);
  const bool colons = Skip(text, &at, ':');
  c.minute = Digits(text, &at, 2);
  if (colons && !Skip(text, &at, ':')) return bad;
  c.second = Digits(text, &at, 2);
  if (Skip(text, &at, '.') || Skip(text, &at, ',')) {
    int scale = 100;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      c.millis += (text[at++] - '0') * scale;
      scale /= 10;
    }
  }
  std::chrono::minutes offset{0};
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const int sign = text[at++] == '+' ? 1 : -1;
    const int hours = Digits(text, &at, 2);
    Skip(text, &at, ':');
    const int minutes = Digits(text, &at, 2);
    if (hours < 0 || minutes < 0) return bad;
    offset = std::chrono::minutes(sign * (hours * 60 + minutes));
  } else if (!Skip(text, &at, 'Z')) {
    Skip(text, &at, 'z');
  }
  if (at != text.size()) return bad;
  ASSIGN_OR_RETURN(const TimePoint local, FromCivil(c, text));
  return local - offset;
}

Result<TimePoint> ParseHttpDate(std::string_view text) {
  Civil c;
  char month[4] = {};
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%*3s, %2u %3s %4d %2d:%2d:%2d GMT", &c.day, month, &c.year,
                  &c.hour, &c.minute, &c.second) != 6)
    return InvalidArgument("not a date: " + copy);
  for (unsigned i = 0; i < kMonths.size(); ++i)
    if (std::string_view(month) == kMonths[i]) c.month = i + 1;
  return FromCivil(c, text);
}

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

std::string FormatIso8601(TimePoint time) {
  const Civil c = ToCivil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second);
}

std::string FormatIso8601Millis(TimePoint time) {
  const Civil c = ToCivil(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", c.year, c.month, c.day, c.hour,
                     c.minute, c.second, c.millis);
}

std::string FormatBasic(TimePoint time) {
  const Civil c = ToCivil(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", c.year, c.month, c.day, c.hour, c.minute,
                     c.second);
}

std::string FormatHttpDate(TimePoint time) {
  const Civil c = ToCivil(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[c.weekday], c.day,
                     kMonths[c.month - 1], c.year, c.hour, c.minute, c.second);
}

Result<TimePoint> ParseTime(std::string_view text) {
  if (text.empty()) return InvalidArgument("not a date: empty");
  if (text[0] >= '0' && text[0] <= '9') return ParseIso(text);
  return ParseHttpDate(text);
}

}  // namespace sagebrush
