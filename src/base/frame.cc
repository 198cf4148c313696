// SPDX-License-Identifier: Apache-2.0
#include "base/frame.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <vector>

#include "base/hash.h"

namespace sagebrush {

namespace {

// Once a frame has begun, the rest of it must follow within this.
constexpr std::chrono::milliseconds kRestTimeout{10'000};

Status WaitReadable(int socket, std::chrono::milliseconds timeout) {
  pollfd entry{socket, POLLIN, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, static_cast<int>(timeout.count()));
    if (ready > 0) return Status::Ok();
    if (ready == 0) return DeadlineExceeded("no frame");
    if (errno != EINTR) return LastErrno("cannot wait for a frame");
  }
}

// Keeps the first descriptor that comes and closes any other: a sender cannot fill our table.
void TakeDescriptors(msghdr* header, UniqueFd* fd) {
  for (cmsghdr* control = CMSG_FIRSTHDR(header); control != nullptr;
       control = CMSG_NXTHDR(header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int received = -1;
      std::memcpy(&received, CMSG_DATA(control) + i * sizeof(int), sizeof received);
      UniqueFd owned(received);
      if (!fd->valid()) *fd = std::move(owned);
    }
  }
}

Status ReceiveBytes(int socket, char* data, std::size_t size, UniqueFd* fd,
                    std::chrono::milliseconds timeout, bool in_frame) {
  while (size > 0) {
    const Status waited = WaitReadable(socket, timeout);
    if (waited.code() == Code::kDeadlineExceeded && in_frame)
      return Unavailable("a frame stopped halfway");
    RETURN_IF_ERROR(waited);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 8)];
    iovec vector{data, size};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return LastErrno("cannot read a frame");
    if (count == 0) return Unavailable("the other side closed the connection");
    TakeDescriptors(&header, fd);
    data += count;
    size -= static_cast<std::size_t>(count);
    timeout = kRestTimeout;
    in_frame = true;
  }
  return Status::Ok();
}

}  // namespace

Status SendFrame(int socket, const Json& message, int fd_to_pass,
                 std::chrono::milliseconds patience) {
  const std::string body = message.Dump();
  if (body.size() > kMaxFrameBytes)
    return InvalidArgument("a frame of " + std::to_string(body.size()) + " bytes is too long");
  std::string bytes = BigEndian32(static_cast<std::uint32_t>(body.size())) + body;
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    iovec vector{bytes.data() + sent, bytes.size() - sent};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    if (fd_to_pass >= 0 && sent == 0) {
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      cmsghdr* entry = CMSG_FIRSTHDR(&header);
      entry->cmsg_level = SOL_SOCKET;
      entry->cmsg_type = SCM_RIGHTS;
      entry->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(entry), &fd_to_pass, sizeof fd_to_pass);
    }
    const ssize_t count = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      pollfd entry{socket, POLLOUT, 0};
      if (::poll(&entry, 1, static_cast<int>(patience.count())) == 0)
        return DeadlineExceeded("the other side does not read");
      continue;
    }
    if (count < 0) return LastErrno("cannot send a frame");
    sent += static_cast<std::size_t>(count);
  }
  return Status::Ok();
}

Result<Frame> ReceiveFrame(int socket, std::chrono::milliseconds timeout) {
  Frame frame;
  unsigned char head[4];
  RETURN_IF_ERROR(
      ReceiveBytes(socket, reinterpret_cast<char*>(head), sizeof head, &frame.fd, timeout, false));
  const std::size_t size = (std::size_t{head[0]} << 24) | (std::size_t{head[1]} << 16) |
                           (std::size_t{head[2]} << 8) | head[3];
  if (size > kMaxFrameBytes)
    return InvalidArgument("a frame of " + std::to_string(size) + " bytes is too long");
  std::string body(size, '\0');
  RETURN_IF_ERROR(ReceiveBytes(socket, body.data(), size, &frame.fd, kRestTimeout, true));
  ASSIGN_OR_RETURN(frame.message, Json::Parse(body));
  if (!frame.message.is_object()) return InvalidArgument("a frame that is no object");
  return frame;
}

}  // namespace sagebrush
