// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/machine_name.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace sagebrush::orchestrator {

Result<UniqueFd> TakeMachineName(std::string_view name) {
  const std::string whole = "sagebrush/" + std::string(name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (whole.size() >= sizeof address.sun_path) return InvalidArgument("too long a name: " + whole);
  // The leading zero byte makes it abstract.
  std::ranges::copy(whole, address.sun_path + 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return LastErrno("cannot make a socket");
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + whole.size());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) return socket;
  if (errno == EADDRINUSE) return Unavailable(std::string(name) + " is taken");
  return LastErrno("cannot take the name " + whole);
}

}  // namespace sagebrush::orchestrator
