// SPDX-License-Identifier: Apache-2.0
// Names to socket addresses, and which addresses are the public internet's. Resolving blocks (getaddrinfo); any thread.
#pragma once

#include <string>
#include <sys/socket.h>
#include <vector>

#include "base/status.h"

namespace sagebrush::http::internal {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
  int family() const { return address.ss_family; }
  bool is_public()
      const;  // reachable by anyone: not loopback, private, link-local, shared, multicast or reserved
  bool is_loopback() const;
  std::string host() const;  // "127.0.0.1", "::1"
  int port() const;
  std::string ToString() const;  // "127.0.0.1:80", "[::1]:80"
};

// This side's address of a socket: TCP's, or one whose family is neither AF_INET nor AF_INET6.
Result<Endpoint> LocalEndpoint(int fd);

// All addresses of a name or a literal, IPv4 first. `passive`: to listen on.
Result<std::vector<Endpoint>> Resolve(const std::string& host, int port, bool passive = false);

}  // namespace sagebrush::http::internal
