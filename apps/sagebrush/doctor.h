// SPDX-License-Identifier: Apache-2.0
// What `sagebrush doctor` looks at, and what it says: each check is one function that looks at one thing of this machine and
// gives a sentence, and where something is missing the exact remedy. They change nothing.
#pragma once

#include <string>
#include <vector>

#include "apps/sagebrush/server_options.h"
#include "base/clock.h"
#include "base/json.h"

namespace sagebrush::apps {

struct Finding {
  enum class Level { kOk, kWarning, kProblem };
  std::string name;  // "sandboxes"
  Level level = Level::kOk;
  std::string what;                        // one sentence
  std::vector<std::string> remedies = {};  // commands, and what they are for
};

std::vector<Finding> Examine(const ServerOptions& options, const Clock& clock);
bool HasProblem(const std::vector<Finding>& findings);
std::string ToText(const std::vector<Finding>& findings);
Json ToJson(const std::vector<Finding>& findings);

}  // namespace sagebrush::apps
