// SPDX-License-Identifier: Apache-2.0
// What `sagebrush doctor` looks at: each check is one function that looks at one thing of this machine and gives a sentence, and
// where something is missing the exact remedy. They change nothing.
#pragma once

#include <optional>
#include <vector>

#include "apps/sagebrush/finding.h"
#include "apps/sagebrush/server_options.h"
#include "base/clock.h"

namespace sagebrush::apps {

std::vector<Finding> Examine(const ServerOptions& options, const Clock& clock);

// Two of the checks.
// Whether a server could listen there: tried as it would, for a moment.
Finding ExaminePort(const ServerOptions& options);
// Whether the instances of a server without isolation get users of their own; nothing where that is no question, as when it has
// no uids to give (orchestrator::UidsForInstances).
std::optional<Finding> ExamineUsers(const ServerOptions& options, bool has_uids);

}  // namespace sagebrush::apps
