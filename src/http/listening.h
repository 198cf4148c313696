// SPDX-License-Identifier: Apache-2.0
// Listening TCP sockets by themselves, for whoever wants one that outlives a server (Server::ListenOn). Any thread.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush::http {

// Bound and listening, close-on-exec. A name is tried address by address; port 0 takes a free one.
Result<UniqueFd> BindTcp(const std::string& address, int port);
Result<int> PortOf(int socket);
// "127.0.0.1:7070" as a client of this machine says it: a socket that listens everywhere is reached by loopback.
Result<std::string> AddressOf(int socket);

// Sockets that another program made and handed over at exec (systemd's protocol, sd_listen_fds(3)): LISTEN_PID names this
// process, LISTEN_FDS counts them from descriptor 3. Empty without any. Takes the variables away: children inherit nothing.
// At the start, before threads. kInvalidArgument when one of them is no listening TCP socket.
Result<std::vector<UniqueFd>> TakeInheritedSockets();

}  // namespace sagebrush::http
