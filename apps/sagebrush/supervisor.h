// SPDX-License-Identifier: Apache-2.0
// `sagebrush server --supervise`: a small parent that owns the listening socket and keeps a server running behind it. While
// the server is down its clients wait in the socket's queue instead of being refused, and the next server takes them on
// (the same protocol as systemd's, packaging/systemd). One thread; it opens nothing of the data folder.
//
// SIGTERM and SIGINT are passed on and mean what they mean to the server; the supervisor ends when the server has. It also ends
// when the server ended by itself in order (`sagebrush down`), or refuses to start (kRefusedToStart), which it would again.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/status.h"

namespace sagebrush::apps {

// The exit code of a server that will not start before somebody changes something: EX_CONFIG of sysexits.h, and what
// RestartPreventExitStatus= names in the systemd unit.
inline constexpr int kRefusedToStart = 78;

// Whether a start that ended so would end so again.
bool IsRefusal(const Status& status);

// How long to wait before the next start: none after the first failure, then 0.1 s to 5 s, doubled by each further one that
// came within ten seconds of its start.
std::chrono::milliseconds RestartPause(int failures_in_a_row);

// Runs this program again with the arguments it got, without --supervise. Returns the exit code.
int Supervise(const std::string& address, int port, const std::filesystem::path& data_folder);

}  // namespace sagebrush::apps
