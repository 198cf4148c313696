// SPDX-License-Identifier: Apache-2.0
// `sagebrush server --supervise`: a small parent that owns the listening socket and keeps a server running behind it. While
// the server is down its clients wait in the socket's queue instead of being refused, and the next server takes them on
// (the same protocol as systemd's, packaging/systemd). One thread; it opens nothing of the data folder.
//
// SIGTERM and SIGINT are passed on and mean what they mean to the server; the supervisor ends when the server has. It also ends
// when the server ended by itself in order (`sagebrush down`), or refuses to start (kRefusedToStart), which it would again.
#pragma once

#include <filesystem>
#include <string>

namespace sagebrush::apps {

// Runs this program again with the arguments it got, without --supervise. Returns the exit code.
int Supervise(const std::string& address, int port, const std::filesystem::path& data_folder);

}  // namespace sagebrush::apps
