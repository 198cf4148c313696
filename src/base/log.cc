// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <atomic>
#include <cstdio>
#include <string>

#include "base/clock.h"

namespace sagebrush {

namespace {

std::atomic<LogLevel> minimum{LogLevel::kInfo};

const char* Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info ";
    case LogLevel::kWarning:
      return "warn ";
    case LogLevel::kError:
      return "error";
  }
  return "?";
}

}  // namespace

void SetLogLevel(LogLevel level) { minimum = level; }

bool IsLogged(LogLevel level) { return level >= minimum.load(std::memory_order_relaxed); }

void Log(LogLevel level, std::string_view area, std::string_view text) {
  if (!IsLogged(level)) return;
  std::string line = FormatIso8601Millis(Clock::System().Now());
  line.append(" ")
      .append(Name(level))
      .append(" ")
      .append(area)
      .append(": ")
      .append(text)
      .append("\n");
  std::fwrite(line.data(), 1, line.size(), stderr);  // one call: lines of threads do not mix
}

}  // namespace sagebrush
