// SPDX-License-Identifier: Apache-2.0
#include "base/unix_socket.h"

#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"

namespace sagebrush {

Result<UniqueFd> ListenUnixSocket(const fs::path& path) {
  ASSIGN_OR_RETURN(const UniqueFd folder, OpenFile(path.parent_path(), O_PATH | O_DIRECTORY));
  const std::string address_path =
      "/proc/self/fd/" + std::to_string(folder.get()) + "/" + path.filename().string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (address_path.size() >= sizeof address.sun_path)
    return InvalidArgument("socket name too long: " + path.filename().string());
  std::memcpy(address.sun_path, address_path.c_str(), address_path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return LastErrno("cannot make a socket");
  ::unlink(path.c_str());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return LastErrno("cannot listen at " + path.string());
  if (::chmod(path.c_str(), 0666) != 0) return LastErrno("cannot open up " + path.string());
  if (::listen(socket.get(), 128) != 0) return LastErrno("cannot listen at " + path.string());
  return socket;
}

}  // namespace sagebrush
