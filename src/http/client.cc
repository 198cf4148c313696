// SPDX-License-Identifier: Apache-2.0
// The client: a non-blocking socket, moved on by whoever waits for it; the blocking calls wait by poll() with a deadline. One
// thread at a time.
#include "http/client.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/strings.h"
#include "http/field_syntax.h"
#include "http/internal/addresses.h"
#include "http/internal/blocking_io.h"
#include "http/internal/client_state.h"
#include "http/internal/head_parser.h"

namespace sagebrush::http {

using namespace internal;  // NOLINT: this file is a part of it

namespace {

// Waits until a connect() under way is done.
Status FinishConnect(int fd, SteadyTime end, const std::string& whom) {
  RETURN_IF_ERROR(
      WaitReady(fd, Io::Kind::kWantWrite, end).WithContext("cannot connect to " + whom));
  int failure = 0;
  socklen_t size = sizeof failure;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
    return LastErrno("cannot connect to " + whom);
  if (failure != 0) return Unavailable("cannot connect to " + whom + ": " + std::strerror(failure));
  return Status::Ok();
}

}  // namespace

Result<UniqueFd> ConnectUnix(const std::string& path, std::chrono::milliseconds timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return InvalidArgument("'" + path + "' is too long for a unix socket's path");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const SteadyTime end = Clock::System().SteadyNow() + timeout;
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return LastErrno("cannot make a socket");
  for (;;) {
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return socket;
    const int error = errno;
    if (error == EINTR) continue;
    if (error != EAGAIN)
      return Unavailable("cannot connect to " + path + ": " + std::strerror(error));
    // The listener's backlog is full, and a unix socket cannot be polled for room in it: look again shortly.
    if (Clock::System().SteadyNow() >= end)
      return DeadlineExceeded("cannot connect to " + path + ": it does not answer");
    // Only a pause: it always ends by its deadline.
    const Status pause =
        WaitReady(-1, Io::Kind::kWantRead,
                  std::min(end, Clock::System().SteadyNow() + std::chrono::milliseconds(5)));
  }
}

Result<UniqueFd> ConnectTcp(const std::string& host, int port, std::chrono::milliseconds timeout) {
  const SteadyTime end = Clock::System().SteadyNow() + timeout;
  ASSIGN_OR_RETURN(const std::vector<Endpoint> endpoints, Resolve(host, port));
  Status failure = Unavailable("'" + host + "' has no address");
  for (const Endpoint& endpoint : endpoints) {
    UniqueFd socket(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid()) {
      failure = LastErrno("cannot make a socket");
      continue;
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), endpoint.get(), endpoint.size) != 0 && errno != EINPROGRESS) {
      failure =
          Unavailable("cannot connect to " + endpoint.ToString() + ": " + std::strerror(errno));
      continue;
    }
    failure = FinishConnect(socket.get(), end, endpoint.ToString());
    if (failure.ok()) return socket;
  }
  return failure;
}

Result<std::string> ClientConnection::State::MakeHead(const Request& request,
                                                      std::uint64_t content_length) {
  if (broken || awaiting_head || !decoder.done() || body_left > 0) {
    return FailedPrecondition("the last call on this connection has not ended");
  }
  const bool target_is_sound =
      !request.target.empty() &&
      std::all_of(request.target.begin(), request.target.end(),
                  [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
  if (!IsToken(request.method) || !target_is_sound)
    return InvalidArgument("the request's method or target is not valid");
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!IsToken(name) || !IsFieldValue(value))
      return InvalidArgument("the request's header field '" + name + "' is not valid");
    if (EqualsIgnoreCase(name, "Content-Length") || EqualsIgnoreCase(name, "Transfer-Encoding"))
      continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  const bool may_be_silent =
      request.method == "GET" || request.method == "HEAD" || request.method == "DELETE";
  if (content_length > 0 || !may_be_silent)
    head.append("Content-Length: ").append(std::to_string(content_length)).append("\r\n");
  head.append("\r\n");
  method = request.method;
  body_left = content_length;
  interim = 0;
  awaiting_head = true;
  return head;
}

Status ClientConnection::State::Write(std::string_view data, bool more, Patience patience) {
  Status status = WriteAll(&transport, data, more, patience);
  if (!status.ok()) keep_alive = false;
  return status;
}

Result<Response> ClientConnection::State::ReadHead(Patience patience) {
  for (;;) {
    ASSIGN_OR_RETURN(auto head, TakeHead());
    if (head) return *std::move(head);
    char buffer[16 << 10];
    auto got = ReadSome(&transport, buffer, sizeof buffer, patience);
    if (got.ok() && *got == 0)
      got = Unavailable("the server closed the connection without an answer");
    if (!got.ok()) {
      broken = true;
      return got.status();
    }
    input.Append({buffer, *got});
  }
}

Result<std::size_t> ClientConnection::State::ReadBody(char* data, std::size_t size,
                                                      Patience patience) {
  auto got = internal::ReadBody(&transport, &input, &decoder, data, size, patience);
  if (!got.ok()) broken = true;
  return got;
}

ClientConnection::ClientConnection(UniqueFd socket, std::chrono::milliseconds call_timeout)
    : state_(std::make_unique<State>(std::move(socket), call_timeout)) {
  const int flags = ::fcntl(fd(), F_GETFL);
  if (flags >= 0) ::fcntl(fd(), F_SETFL, flags | O_NONBLOCK);
}
ClientConnection::~ClientConnection() = default;
ClientConnection::ClientConnection(ClientConnection&&) noexcept = default;
ClientConnection& ClientConnection::operator=(ClientConnection&&) noexcept = default;

Result<Response> ClientConnection::Call(const Request& request, std::string_view body,
                                        std::uint64_t limit) {
  const Patience patience = state_->Deadline();
  RETURN_IF_ERROR(Begin(request, body, limit));
  for (;;) {
    ASSIGN_OR_RETURN(const Progress progress, Advance());
    if (progress == Progress::kDone) return TakeAnswer();
    const Status ready = WaitReady(
        wait_fd(), progress == Progress::kToWrite ? Io::Kind::kWantWrite : Io::Kind::kWantRead,
        patience);
    if (ready.ok()) continue;
    state_->broken = true;
    return ready;
  }
}

Status ClientConnection::SendHead(const Request& request, std::uint64_t content_length) {
  ASSIGN_OR_RETURN(const std::string head, state_->MakeHead(request, content_length));
  return state_->Write(head, false, state_->Deadline());
}

Status ClientConnection::SendBody(std::string_view data) {
  if (data.size() > state_->body_left)
    return InvalidArgument("the body is longer than the length that was told");
  RETURN_IF_ERROR(state_->Write(data, false, state_->Deadline()));
  state_->body_left -= data.size();
  return Status::Ok();
}

Result<Response> ClientConnection::ReadHead() { return state_->ReadHead(state_->Deadline()); }

Result<std::size_t> ClientConnection::ReadBody(char* data, std::size_t size) {
  return state_->ReadBody(data, size, state_->Deadline());
}

bool ClientConnection::reusable() const {
  const State& state = *state_;
  if (state.broken || !state.keep_alive || state.awaiting_head || state.body_left > 0) return false;
  if (!state.decoder.done() || !state.input.empty()) return false;
  char byte = 0;
  return ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

int ClientConnection::fd() const { return state_->socket.get(); }

}  // namespace sagebrush::http
