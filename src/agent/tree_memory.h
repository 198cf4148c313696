// SPDX-License-Identifier: Apache-2.0
// How much memory some processes hold, as /proc tells it. Any thread may call.
#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace sagebrush::agent {

// Anonymous and shared memory that these processes hold, as the kernel's memory control would count it at most: shared pages
// count once for each process.
std::uint64_t MemoryAtMost(const std::vector<pid_t>& processes);
// The same with shared pages divided among those who share them; slow (the kernel walks page tables).
std::uint64_t MemoryShared(const std::vector<pid_t>& processes);

}  // namespace sagebrush::agent
