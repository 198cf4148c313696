// SPDX-License-Identifier: Apache-2.0
// Plain http through a proxy: a client asks "GET http://host/path". The server tunnels (CONNECT) and never forwards, so the
// forwarder turns such a request into a tunnel to that host's port and an ordinary request inside it. One request a
// connection: the answer says that it closes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sagebrush::agent {

enum class Opening {
  kUndecided,    // more bytes are needed
  kPassThrough,  // for the server as they are: its API, CONNECT, or no HTTP at all
  kPlainProxy,   // a request for http://… of another host
};
// What a connection begins with.
Opening ReadOpening(std::string_view data);

struct PlainRequest {
  std::string connect;  // to the server, whose answer is "HTTP/1.1 200 …" or the client's answer
  std::string request;  // into the tunnel, with what followed the head
};
// Nothing while the head is not complete; kInvalidArgument when it is none.
Result<std::optional<PlainRequest>> TurnIntoTunnel(std::string_view data);

}  // namespace sagebrush::agent
