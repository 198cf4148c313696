// SPDX-License-Identifier: Apache-2.0
// Listening TCP sockets by themselves, for whoever wants one that outlives a server (Server::ListenOn). Any thread.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush::http {

// Bound and listening, close-on-exec. A name is tried address by address; port 0 takes a free one.
Result<UniqueFd> BindTcp(const std::string& address, int port);
Result<int> PortOf(int socket);

}  // namespace sagebrush::http
