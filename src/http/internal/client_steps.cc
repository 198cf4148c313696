// SPDX-License-Identifier: Apache-2.0
// A client's call in steps that never wait: the request as far as the socket takes it, then the answer as far as it has come.
// One thread at a time.
#include <algorithm>
#include <sys/epoll.h>
#include <variant>

#include "http/internal/client_state.h"
#include "http/internal/head_parser.h"

namespace sagebrush::http {

using namespace internal;  // NOLINT: this file is a part of it

namespace {

// Of the answer's head and all interim ones before it: a peer that sends those for ever must not keep the loop.
constexpr std::size_t kMaxHeadBytes = 256 << 10;
constexpr std::size_t kJoinBytes = 64 << 10;
// Of a request or an answer, before others on the loop have their turn.
constexpr std::size_t kAdvanceBytes = 1 << 20;
static_assert(kMaxHeadBytes <= kAdvanceBytes);

Status PeerClosed() { return Unavailable("the peer closed the connection"); }

}  // namespace

Result<std::optional<Response>> ClientConnection::State::TakeHead() {
  if (!awaiting_head) return FailedPrecondition("no request was sent");
  const auto fail = [this](Status status) {
    broken = true;
    return status;
  };
  for (;;) {
    const HeadScan scan = ScanHead(input.view(), scanned);
    if (scan.state == HeadScan::State::kBareLineFeed)
      return fail(Unavailable("the answer is not HTTP/1.1"));
    if (scan.state != HeadScan::State::kComplete) {
      scanned = input.size();
      if (interim + scanned > kMaxHeadBytes)
        return fail(Unavailable("the answer's head is too long"));
      return std::optional<Response>();
    }
    auto parsed = ParseResponseHead(input.view().substr(0, scan.bytes), method);
    input.Consume(scan.bytes);
    scanned = 0;
    if (const auto* error = std::get_if<HeadError>(&parsed)) return fail(Unavailable(error->text));
    auto& head = std::get<ResponseHead>(parsed);
    if (head.response.status < 200 && head.response.status != 101) {
      interim += scan.bytes;  // 100 Continue and the like
      continue;
    }
    awaiting_head = false;
    decoder = BodyDecoder(head.framing);
    // A request that was not sent to its end leaves the connection between two messages.
    keep_alive = keep_alive && head.keep_alive && body_left == 0 && head.response.status != 101;
    body_left = 0;
    return std::optional<Response>(std::move(head.response));
  }
}

Status ClientConnection::State::Begin(const Request& request, std::string_view body,
                                      std::uint64_t limit) {
  ASSIGN_OR_RETURN(std::string head, MakeHead(request, body.size()));
  body_left = 0;
  stepped = Stepped{};
  stepped.limit = limit;
  if (body.size() <= kJoinBytes) {
    head.append(body);
  } else {
    stepped.body = body;
  }
  stepped.head = std::move(head);
  return Status::Ok();
}

Result<bool> ClientConnection::State::HearsEarly() {
  while (!stepped.answer) {
    char buffer[16 << 10];
    const Io io = transport.TryRead(buffer, sizeof buffer);
    if (io.kind == Io::Kind::kWantRead) return false;
    if (io.kind != Io::Kind::kDone) {
      stepped.send_failure = PeerClosed();
      keep_alive = false;
      return true;
    }
    stepped.is_heard = true;
    input.Append({buffer, io.bytes});
    ASSIGN_OR_RETURN(stepped.answer, TakeHead());
    // An answer that is no refusal may well come while the rest is wanted.
    if (!stepped.answer || stepped.answer->status < 300) continue;
    stepped.is_refused = true;
    keep_alive = false;
    return true;
  }
  return false;
}

ClientConnection::Progress ClientConnection::State::AwaitEither() {
  UniqueFd both(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {}};
  if (!both.valid() || ::epoll_ctl(both.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0)
    return Progress::kToWrite;
  either = std::move(both);
  return Progress::kToRead;
}

Result<std::optional<ClientConnection::Progress>> ClientConnection::State::SendOn() {
  const std::size_t all = stepped.head.size() + stepped.body.size();
  const std::size_t turn_ends = std::min(all, stepped.sent + kAdvanceBytes);
  while (stepped.sent < all && stepped.send_failure.ok()) {
    if (stepped.sent == turn_ends) return std::optional(Progress::kToWrite);
    const bool in_head = stepped.sent < stepped.head.size();
    const std::string_view piece = in_head
                                       ? std::string_view(stepped.head).substr(stepped.sent)
                                       : stepped.body.substr(stepped.sent - stepped.head.size());
    const Io io = transport.TryWrite(piece.substr(0, turn_ends - stepped.sent),
                                     in_head && !stepped.body.empty());
    if (io.kind == Io::Kind::kWantWrite) {
      ASSIGN_OR_RETURN(const bool is_over, HearsEarly());
      if (is_over) break;
      return std::optional(stepped.answer ? Progress::kToWrite : AwaitEither());
    }
    if (io.kind == Io::Kind::kDone) {
      stepped.sent += io.bytes;
    } else {
      // A server may answer and close before it has read everything; its answer says more than our broken pipe.
      stepped.send_failure = PeerClosed();
      keep_alive = false;
    }
  }
  return std::optional<Progress>();
}

Result<ClientConnection::Progress> ClientConnection::State::Advance() {
  const auto fail = [this](Status status) {
    broken = true;
    return status;
  };
  either.Reset();
  if (!stepped.is_refused) {
    ASSIGN_OR_RETURN(const auto wanted, SendOn());
    if (wanted) return *wanted;
  }
  while (!stepped.answer) {
    ASSIGN_OR_RETURN(stepped.answer, TakeHead());
    if (stepped.answer) break;
    char buffer[16 << 10];
    const Io io = transport.TryRead(buffer, sizeof buffer);
    if (io.kind == Io::Kind::kWantRead) return Progress::kToRead;
    if (io.kind != Io::Kind::kDone)
      return fail(!stepped.send_failure.ok()
                      ? stepped.send_failure
                      : Unavailable("the server closed the connection without an answer"));
    stepped.is_heard = true;
    input.Append({buffer, io.bytes});
  }
  const auto too_long = [&] {
    return fail(
        ResourceExhausted("the answer is longer than " + std::to_string(stepped.limit) + " bytes"));
  };
  std::string& content = stepped.answer->body;
  for (std::size_t moved = 0;;) {
    if (decoder.done()) {
      content.resize(stepped.filled);
      return Progress::kDone;
    }
    if (moved >= kAdvanceBytes) return Progress::kToRead;
    // As much as is known to come, as long as that is little; else it grows by its half.
    const std::uint64_t told = decoder.remaining();
    if (told > stepped.limit - stepped.filled) return too_long();
    const std::size_t room =
        told > 0 && told <= kJoinBytes
            ? static_cast<std::size_t>(told)
            : std::max<std::size_t>({16 << 10, input.size(), content.size() / 2});
    content.resize(std::max(content.size(), stepped.filled + room));
    auto io = TryReadBody(&transport, &input, &decoder, content.data() + stepped.filled,
                          content.size() - stepped.filled);
    if (!io.ok()) return fail(io.status());
    if (io->kind == Io::Kind::kEnd) continue;
    if (io->kind != Io::Kind::kDone) return Progress::kToRead;
    moved += io->bytes;
    stepped.filled += io->bytes;
    if (stepped.filled > stepped.limit) return too_long();
  }
}

Status ClientConnection::Begin(const Request& request, std::string_view body, std::uint64_t limit) {
  return state_->Begin(request, body, limit);
}

Result<ClientConnection::Progress> ClientConnection::Advance() { return state_->Advance(); }

int ClientConnection::wait_fd() const {
  return state_->either.valid() ? state_->either.get() : fd();
}

bool ClientConnection::answer_begun() const { return state_->stepped.is_heard; }

std::uint64_t ClientConnection::answer_memory() const {
  const auto& answer = state_->stepped.answer;
  return answer ? answer->body.size() : 0;
}

Response ClientConnection::TakeAnswer() {
  Response answer = *std::move(state_->stepped.answer);
  state_->stepped.answer.reset();
  return answer;
}

}  // namespace sagebrush::http
