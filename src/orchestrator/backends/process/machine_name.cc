// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/machine_name.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace sagebrush::orchestrator {

namespace {

struct Address {
  sockaddr_un address{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

Result<Address> AddressOf(std::string_view name) {
  const std::string whole = "sagebrush/" + std::string(name);
  Address made;
  made.address.sun_family = AF_UNIX;
  if (whole.size() >= sizeof made.address.sun_path)
    return InvalidArgument("too long a name: " + whole);
  // The leading zero byte makes it abstract.
  std::ranges::copy(whole, made.address.sun_path + 1);
  made.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + whole.size());
  return made;
}

UniqueFd StreamSocket(int flags) {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

}  // namespace

Result<UniqueFd> TakeMachineName(std::string_view name) {
  ASSIGN_OR_RETURN(const Address address, AddressOf(name));
  UniqueFd socket = StreamSocket(0);
  if (!socket.valid()) return LastErrno("cannot make a socket");
  if (::bind(socket.get(), address.get(), address.size) != 0) {
    if (errno == EADDRINUSE) return Unavailable(std::string(name) + " is taken");
    return LastErrno("cannot take the name " + std::string(name));
  }
  // Nobody ever accepts: whoever connects learns who listens, and goes.
  if (::listen(socket.get(), SOMAXCONN) != 0)
    return LastErrno("cannot show the name " + std::string(name));
  return socket;
}

std::optional<unsigned> HolderUid(std::string_view name) {
  const auto address = AddressOf(name);
  const UniqueFd socket = StreamSocket(SOCK_NONBLOCK);
  if (!address.ok() || !socket.valid() ||
      ::connect(socket.get(), address->get(), address->size) != 0)
    return std::nullopt;
  ucred holder{};
  socklen_t size = sizeof holder;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &holder, &size) != 0) return std::nullopt;
  return holder.uid;
}

}  // namespace sagebrush::orchestrator
