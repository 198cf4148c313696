// SPDX-License-Identifier: Apache-2.0
// requirements.txt of the user's code, before the user's program: found in the server's cache, or installed by pip in this
// instance, with pip's output in the log, and then left in the cache for the next job (docs/decisions/0013-requirements.md).
// The packages come to Paths::packages(), the user site of the program's Python.
#pragma once

#include <optional>

#include "agent/run.h"

namespace sagebrush::agent {

// Nothing when the program may start; else how the job ended.
std::optional<Outcome> InstallRequirements(const Surroundings& around);

}  // namespace sagebrush::agent
