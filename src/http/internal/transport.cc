// SPDX-License-Identifier: Apache-2.0
// Sockets as transports, and the input buffer. One thread at a time.
#include "http/internal/transport.h"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace sagebrush::http::internal {

Io SocketTransport::TryRead(char* data, std::size_t size) {
  for (;;) {
    const ssize_t got = ::recv(fd_, data, size, 0);
    if (got > 0) return {Io::Kind::kDone, static_cast<std::size_t>(got)};
    if (got == 0) return {Io::Kind::kEnd, 0};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::Kind::kWantRead : Io::Kind::kFailed, 0};
  }
}

Io SocketTransport::TryWrite(std::string_view data, bool more) {
  for (;;) {
    const ssize_t put = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (put > 0) return {Io::Kind::kDone, static_cast<std::size_t>(put)};
    if (put < 0 && errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::Kind::kWantWrite : Io::Kind::kFailed, 0};
  }
}

void SocketTransport::CloseWrite() { ::shutdown(fd_, SHUT_WR); }

void InputBuffer::Append(std::string_view bytes) {
  if (start_ > 0 && start_ == data_.size()) {
    data_.clear();
    start_ = 0;
  } else if (start_ > (32 << 10)) {
    data_.erase(0, start_);
    start_ = 0;
  }
  data_.append(bytes);
}

void InputBuffer::Consume(std::size_t count) {
  start_ += count;
  if (start_ == data_.size()) {
    data_.clear();
    start_ = 0;
  }
}

std::string InputBuffer::TakeAll() {
  std::string rest(view());
  data_.clear();
  start_ = 0;
  return rest;
}

}  // namespace sagebrush::http::internal
