// SPDX-License-Identifier: Apache-2.0
// LineSplitter turns the bytes of a program's output into log lines as SageMaker's log pipeline shows them: a line ends at
// '\n', other control characters become '#' and three octal digits ("#011" for a tab: the metric patterns of AWS's XGBoost
// examples match exactly that, "[0]#011train-rmse:8.1"), invalid UTF-8 becomes U+FFFD, and very long lines are cut.
// A progress bar writes '\r' and no '\n' for minutes; Stale() lets its finished parts go. Not synchronised.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sagebrush::agent {

inline constexpr std::size_t kMaxLineBytes = 256 << 10;

class LineSplitter {
 public:
  using Emit = std::function<void(std::string line)>;
  explicit LineSplitter(Emit emit) : emit_(std::move(emit)) {}

  void Feed(std::string_view bytes);
  // Emits what a progress bar has finished so far: all up to the last '\r'. For a line that has been open for a while.
  void Stale();
  // Emits the rest, at the end of the output.
  void Finish();
  bool holds_partial_line() const { return !partial_.empty(); }

 private:
  void EmitRaw(std::string_view raw);

  const Emit emit_;
  std::string partial_;  // raw bytes since the last line
};

// The bytes as a log line; pure.
std::string ReadableLine(std::string_view raw);

}  // namespace sagebrush::agent
