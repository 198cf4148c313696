// SPDX-License-Identifier: Apache-2.0
// CloudWatch's filter patterns for unstructured lines: ERROR "two words" -exclude ?either ?or.
// Patterns over JSON fields, space-delimited columns and regular expressions are refused with a
// sentence that says so. Source: CloudWatch Logs User Guide, "Filter pattern syntax": case counts;
// terms are whole words ("partial matches" need a regular expression there); terms with other
// characters than letters, digits and _ must be quoted. A plain value; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sagebrush::services::logs {

class FilterPattern {
 public:
  // kInvalidArgument with what is wrong. An empty text matches everything.
  static Result<FilterPattern> Parse(std::string_view text);

  bool Matches(std::string_view message) const;
  bool matches_all() const { return required_.empty() && excluded_.empty() && any_.empty(); }

 private:
  std::vector<std::string> required_, excluded_, any_;
};

}  // namespace sagebrush::services::logs
