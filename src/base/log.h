// SPDX-License-Identifier: Apache-2.0
// The program's own log: one line an event on stderr, `time level area: text`. Any thread.
//   LogInfo("http", fmt::format("listening on {}", address));
#pragma once

#include <string_view>

namespace sagebrush {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

void SetLogLevel(LogLevel level);  // at start, before threads
bool IsLogged(LogLevel level);     // for texts that cost something to make
void Log(LogLevel level, std::string_view area, std::string_view text);

inline void LogDebug(std::string_view area, std::string_view text) {
  Log(LogLevel::kDebug, area, text);
}
inline void LogInfo(std::string_view area, std::string_view text) {
  Log(LogLevel::kInfo, area, text);
}
inline void LogWarning(std::string_view area, std::string_view text) {
  Log(LogLevel::kWarning, area, text);
}
inline void LogError(std::string_view area, std::string_view text) {
  Log(LogLevel::kError, area, text);
}

}  // namespace sagebrush
