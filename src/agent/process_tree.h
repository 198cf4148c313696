// SPDX-License-Identifier: Apache-2.0
// What /proc tells about the processes below one: who they are and how much memory they hold. Any thread may call; answers
// are snapshots of a moving thing.
#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace sagebrush::agent {

// All descendants of `root` that are no zombies, without itself.
std::vector<pid_t> DescendantsOf(pid_t root);

// Anonymous and shared memory that these processes hold, as the kernel's memory control would count it at most: shared pages
// count once for each process.
std::uint64_t MemoryAtMost(const std::vector<pid_t>& processes);
// The same with shared pages divided among those who share them; slow (the kernel walks page tables).
std::uint64_t MemoryShared(const std::vector<pid_t>& processes);

// SIGKILL to all descendants of this process, again and again until none is left (they may fork meanwhile). False if some
// were left at the deadline. Somebody else reaps.
bool KillDescendants(std::uint64_t timeout_milliseconds);

}  // namespace sagebrush::agent
