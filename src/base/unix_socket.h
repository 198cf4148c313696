// SPDX-License-Identifier: Apache-2.0
// Unix stream sockets by path, also by paths longer than the 108 bytes an address holds (through /proc/self/fd).
// Any thread may call.
#pragma once

#include <filesystem>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush {

// A listening socket at `path`, made anew if one stands there. Everyone who can reach the path may connect: who that is, the
// folder decides.
Result<UniqueFd> ListenUnixSocket(const std::filesystem::path& path);

}  // namespace sagebrush
