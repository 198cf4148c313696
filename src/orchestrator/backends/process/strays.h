// SPDX-License-Identifier: Apache-2.0
// Processes of an instance that no namespace, cgroup or keeper holds (any more): under --isolation=none a keeper may have been
// killed before it could take its instance down. They are known by the instance's own uid, or by the mark in their
// environment. Any thread may call.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/status.h"

namespace sagebrush::orchestrator {

// The variable that every program of an instance without isolation has; its value is the instance's id.
inline constexpr char kInstanceMark[] = "SAGEBRUSH_INSTANCE";

// Processes that this one may look at and that carry the mark.
std::vector<pid_t> MarkedProcesses(const std::string& instance);
// Every process of the machine that runs as `uid`.
std::vector<pid_t> ProcessesOf(unsigned uid);

// Kills them until none is left, for `kStrayPatience` at most. By the mark alone where the uid is another instance's by now,
// since this one's keeper holds it no more: its name is then somebody else's, neither ours to take nor with the uid itself.
Status KillStrays(const std::string& instance, std::optional<unsigned> uid);

}  // namespace sagebrush::orchestrator
