// SPDX-License-Identifier: Apache-2.0
// The blocking client: a non-blocking socket under poll() with a deadline a call. One thread at a time.
#include "http/client.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <variant>

#include "base/strings.h"
#include "http/internal/addresses.h"
#include "http/internal/blocking_io.h"
#include "http/internal/head_parser.h"

namespace sagebrush::http {

using namespace internal;  // NOLINT: this file is a part of it

namespace {

constexpr std::size_t kMaxHeadBytes = 256 << 10;
constexpr std::size_t kJoinBytes = 64 << 10;

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

struct ClientConnection::State {
  State(UniqueFd connected, std::chrono::milliseconds timeout)
      : socket(std::move(connected)), transport(socket.get()), call_timeout(timeout) {}

  Patience Deadline() const { return Patience::Until(Clock::System().SteadyNow() + call_timeout); }
  Result<std::string> MakeHead(const Request& request, std::uint64_t content_length);
  Status Write(std::string_view data, bool more, Patience patience);
  Result<Response> ReadHead(Patience patience);
  Result<std::size_t> ReadBody(char* data, std::size_t size, Patience patience);

  UniqueFd socket;
  SocketTransport transport;
  const std::chrono::milliseconds call_timeout;
  InputBuffer input;
  BodyDecoder decoder;
  std::string method;           // of the request under way
  std::uint64_t body_left = 0;  // of the request's, to be sent
  bool awaiting_head = false;
  bool keep_alive = true;
  bool broken = false;
};

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
  awaiting_head = true;
  return head;
}

Status ClientConnection::State::Write(std::string_view data, bool more, Patience patience) {
  Status status = WriteAll(&transport, data, more, patience);
  if (!status.ok()) keep_alive = false;
  return status;
}

Result<Response> ClientConnection::State::ReadHead(Patience patience) {
  if (!awaiting_head) return FailedPrecondition("no request was sent");
  const auto fail = [this](Status status) {
    broken = true;
    return status;
  };
  std::size_t scanned = 0;
  for (;;) {
    const HeadScan scan = ScanHead(input.view(), scanned);
    if (scan.state == HeadScan::State::kBareLineFeed)
      return fail(Unavailable("the answer is not HTTP/1.1"));
    if (scan.state == HeadScan::State::kComplete) {
      auto parsed = ParseResponseHead(input.view().substr(0, scan.bytes), method);
      input.Consume(scan.bytes);
      if (const auto* error = std::get_if<HeadError>(&parsed))
        return fail(Unavailable(error->text));
      auto& head = std::get<ResponseHead>(parsed);
      scanned = 0;
      if (head.response.status < 200 && head.response.status != 101)
        continue;  // 100 Continue and the like
      awaiting_head = false;
      decoder = BodyDecoder(head.framing);
      // A request that was not sent to its end leaves the connection between two messages.
      keep_alive = keep_alive && head.keep_alive && body_left == 0 && head.response.status != 101;
      body_left = 0;
      return std::move(head.response);
    }
    scanned = input.size();
    if (scanned > kMaxHeadBytes) return fail(Unavailable("the answer's head is too long"));
    char buffer[16 << 10];
    auto got = ReadSome(&transport, buffer, sizeof buffer, patience);
    if (!got.ok()) return fail(got.status());
    if (*got == 0) return fail(Unavailable("the server closed the connection without an answer"));
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

Result<Response> ClientConnection::Call(const Request& request, std::string_view body,
                                        std::uint64_t limit) {
  const Patience patience = state_->Deadline();
  ASSIGN_OR_RETURN(std::string head, state_->MakeHead(request, body.size()));
  const bool joined = body.size() <= kJoinBytes;
  if (joined) head.append(body);
  Status sent = state_->Write(head, !joined, patience);
  if (sent.ok() && !joined) sent = state_->Write(body, false, patience);
  state_->body_left = 0;
  // A server may answer and close before it has read everything; its answer says more than our broken pipe.
  auto response = state_->ReadHead(patience);
  if (!response.ok()) return sent.ok() ? response.status() : sent;

  std::size_t filled = 0;
  std::string& content = response->body;
  for (;;) {
    content.resize(std::max<std::size_t>(filled + (filled >> 1), filled + (16 << 10)));
    ASSIGN_OR_RETURN(const std::size_t got,
                     state_->ReadBody(content.data() + filled, content.size() - filled, patience));
    filled += got;
    if (filled > limit) {
      state_->broken = true;
      return ResourceExhausted("the answer is longer than " + std::to_string(limit) + " bytes");
    }
    if (got == 0) break;
  }
  content.resize(filled);
  return response;
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
