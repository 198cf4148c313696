// SPDX-License-Identifier: Apache-2.0
#include "http/listening.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "base/strings.h"
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

Result<std::string> AddressOf(int socket) {
  ASSIGN_OR_RETURN(const Endpoint bound, internal::LocalEndpoint(socket));
  const std::string host = bound.host();
  if (host != "0.0.0.0" && host != "::") return bound.ToString();
  return "127.0.0.1:" + std::to_string(bound.port());
}

Result<std::vector<UniqueFd>> TakeInheritedSockets() {
  constexpr int kFirst = 3;
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  const auto for_whom = pid == nullptr ? std::nullopt : ParseUint(pid);
  const auto how_many = count == nullptr ? std::nullopt : ParseUint(count);
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  std::vector<UniqueFd> sockets;
  if (!for_whom || !how_many || *for_whom != static_cast<std::uint64_t>(::getpid())) return sockets;
  for (int fd = kFirst; fd < kFirst + static_cast<int>(std::min<std::uint64_t>(*how_many, 16));
       ++fd) {
    UniqueFd socket(fd);
    int listens = 0;
    socklen_t size = sizeof listens;
    const bool is_listener =
        ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
    if (!is_listener || !PortOf(fd).ok()) {
      return InvalidArgument("descriptor " + std::to_string(fd) +
                             ", which LISTEN_FDS hands over, is no listening TCP socket");
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    sockets.push_back(std::move(socket));
  }
  return sockets;
}

}  // namespace sagebrush::http
