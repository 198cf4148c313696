// SPDX-License-Identifier: Apache-2.0
// What one look at the machine found, and how findings are told. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace sagebrush::apps {

struct Finding {
  enum class Level { kOk, kWarning, kProblem };
  std::string name;  // "sandboxes"
  Level level = Level::kOk;
  std::string what;                        // one sentence
  std::vector<std::string> remedies = {};  // commands, and what they are for
};

bool HasProblem(const std::vector<Finding>& findings);
std::string ToText(const std::vector<Finding>& findings);
Json ToJson(const std::vector<Finding>& findings);

}  // namespace sagebrush::apps
