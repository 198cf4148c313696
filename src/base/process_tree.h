// SPDX-License-Identifier: Apache-2.0
// The processes below one, as /proc tells it: a snapshot of a moving thing. Any thread may call.
#pragma once

#include <chrono>
#include <sys/types.h>
#include <vector>

namespace sagebrush {

// All descendants of `root` that are no zombies, without itself.
std::vector<pid_t> DescendantsOf(pid_t root);

// SIGKILL to all descendants of this process, again and again until none is left (they may fork meanwhile). False if some
// were left at the deadline. Orphans count only where this process is a subreaper. Somebody else reaps.
bool KillDescendants(std::chrono::milliseconds timeout);

}  // namespace sagebrush
