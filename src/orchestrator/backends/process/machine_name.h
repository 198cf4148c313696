// SPDX-License-Identifier: Apache-2.0
// A name that one process of the machine holds at a time: what is to be had once a machine (a uid, a pair of ports) is taken by
// taking its name. The keeper of an instance holds its names as long as it lives, so servers of different data folders, which
// know nothing of each other, never give the same thing twice. The kernel lets go with the holder's last descriptor, whatever
// kills it. Names are abstract Unix sockets: no file that could be left over, and as wide as ports are (a network namespace).
// Any thread may call.
#pragma once

#include <optional>
#include <string_view>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush::orchestrator {

// Held by the descriptor; Unavailable while somebody else holds it.
Result<UniqueFd> TakeMachineName(std::string_view name);

// As whom the process ran that took the name, for anybody may take one, also user code. Nothing if nobody answers there: the
// name is free, its socket does not listen as ours do, or too many have asked already.
std::optional<unsigned> HolderUid(std::string_view name);

}  // namespace sagebrush::orchestrator
