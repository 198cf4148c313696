// SPDX-License-Identifier: Apache-2.0
// How a server ended, and what its supervisor makes of it: the exit codes they agree on, and how long to wait. Pure.
#pragma once

#include <chrono>

#include "base/status.h"

namespace sagebrush::apps {

// The exit code of a server that will not start before somebody changes something: EX_CONFIG of sysexits.h, and what
// RestartPreventExitStatus= names in the systemd unit.
inline constexpr int kRefusedToStart = 78;

// Whether a start that ended so would end so again.
bool IsRefusal(const Status& status);

// Of a server: 0, 1, or kRefusedToStart.
int ServerExitCode(const Status& status);

// How long to wait before the next start: none after the first failure, then 0.1 s to 5 s, doubled by each further one that
// came within ten seconds of its start.
std::chrono::milliseconds RestartPause(int failures_in_a_row);

}  // namespace sagebrush::apps
