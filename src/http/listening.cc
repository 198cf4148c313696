// SPDX-License-Identifier: Apache-2.0
#include "http/listening.h"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "base/file.h"
#include "http/internal/addresses.h"

namespace sagebrush::http {
namespace {

using internal::Endpoint;

constexpr int kBacklog = 1024;  // the kernel takes less where net.core.somaxconn is less

Result<UniqueFd> Listen(const Endpoint& endpoint) {
  UniqueFd socket(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return LastErrno("cannot make a socket for " + endpoint.ToString());
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (endpoint.family() == AF_INET6)
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.get(), endpoint.get(), endpoint.size) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return LastErrno("cannot listen on " + endpoint.ToString());
  }
  return socket;
}

}  // namespace

Result<UniqueFd> BindTcp(const std::string& address, int port) {
  ASSIGN_OR_RETURN(const std::vector<Endpoint> endpoints,
                   internal::Resolve(address, port, /*passive=*/true));
  Status failure = NotFound("'" + address + "' has no address to listen on");
  for (const Endpoint& endpoint : endpoints) {
    Result<UniqueFd> socket = Listen(endpoint);
    if (socket.ok()) return socket;
    failure = socket.status();
  }
  return failure;
}

Result<int> PortOf(int socket) {
  ASSIGN_OR_RETURN(const Endpoint bound, internal::LocalEndpoint(socket));
  if (bound.port() == 0) return InvalidArgument("this socket is not bound to a TCP port");
  return bound.port();
}

}  // namespace sagebrush::http
