// SPDX-License-Identifier: Apache-2.0
// The models' regular expressions. They are Java's; PCRE2 understands nearly all of them, and what
// it does not is translated, or, for the handful that are odd in themselves, replaced
// (internal/pattern_overrides.h). A pattern always has to match the whole string. Patterns are
// compiled when first used and kept; matching has limits, so that no input can hold a thread. Any
// method may be called from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sagebrush::aws {

class PatternCache {
 public:
  PatternCache();
  ~PatternCache();
  PatternCache(const PatternCache&) = delete;
  PatternCache& operator=(const PatternCache&) = delete;

  // Whether the pattern compiles; for tests. `pattern` lives as long as the cache (it comes from
  // the tables).
  Status Compile(std::string_view pattern);
  // Whether the whole of `text` matches. Text that is no UTF-8 and matches that exceed the limits
  // do not; a pattern that does not compile refuses nothing.
  bool Matches(std::string_view pattern, std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What is handed to PCRE2 for a pattern of the models.
std::string TranslatePattern(std::string_view pattern);

}  // namespace sagebrush::aws
