// SPDX-License-Identifier: Apache-2.0
// How a connection moves bytes on its loop, and its one timer: every wait ends with the deadline, the cut or an event.
#include <algorithm>
#include <sys/socket.h>

#include "http/internal/connection.h"

namespace sagebrush::http::internal {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLingerTime = 3s;
constexpr std::uint64_t kLingerBytes = 64 << 20;

}  // namespace

asio::awaitable<std::optional<std::string>> Connection::ReadWhole(std::uint64_t length) {
  const auto wanted = static_cast<std::size_t>(length);
  const std::string_view there = session_.input.view().substr(0, wanted);
  std::string body(there);
  session_.input.Consume(there.size());
  std::size_t filled = body.size();
  SetDeadline(core_->options.stall_timeout);
  const auto begun = std::chrono::steady_clock::now();
  while (filled < wanted) {
    if (filled == body.size())
      body.resize(std::min(wanted, filled + (128 << 10)));  // memory follows what has come
    const Io io = session_.transport->TryRead(body.data() + filled, body.size() - filled);
    if (io.kind == Io::Kind::kDone) {
      filled += io.bytes;
      if (filled < wanted) {
        const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begun);
        SetDeadline(core_->body_pace().Limit(filled, waited));
      }
    } else if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed ||
               !co_await WaitFor(io.kind)) {
      co_return std::nullopt;
    }
  }
  co_return body;
}

asio::awaitable<bool> Connection::DrainBody(BodyDecoder* decoder) {
  std::vector<char> scratch;
  std::uint64_t drained = 0;
  while (!decoder->done()) {
    if (decoder->broken() || drained > kDrainBytes || decoder->remaining() > kDrainBytes)
      co_return false;
    if (session_.input.empty() && !co_await Fill()) co_return false;
    scratch.resize(16 << 10);
    const BodyDecoder::Step step =
        decoder->Decode(session_.input.view(), scratch.data(), scratch.size());
    session_.input.Consume(step.consumed);
    drained += step.consumed;
  }
  co_return true;
}

// Its buffer is on the stack, not in a coroutine's frame, so that idle connections stay small.
Io Connection::TryFill() {
  char buffer[16 << 10];
  const Io io = session_.transport->TryRead(buffer, sizeof buffer);
  if (io.kind == Io::Kind::kDone) session_.input.Append({buffer, io.bytes});
  return io;
}

asio::awaitable<bool> Connection::Fill() {
  while (!cut_ && !expired_) {
    const Io io = TryFill();
    if (io.kind == Io::Kind::kDone) co_return true;
    if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed || !co_await WaitFor(io.kind))
      co_return false;
  }
  co_return false;
}

asio::awaitable<bool> Connection::WriteOut(std::string data) {
  std::string_view left = data;
  while (!left.empty()) {
    const Io io = session_.transport->TryWrite(left, false);
    if (io.kind == Io::Kind::kDone) {
      left.remove_prefix(io.bytes);
      SetDeadline(core_->options.stall_timeout);
    } else if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed ||
               !co_await WaitFor(io.kind)) {
      co_return false;
    }
  }
  co_return true;
}

asio::awaitable<void> Connection::SendRefusal() {
  SetDeadline(std::min<std::chrono::milliseconds>(core_->options.stall_timeout, kLingerTime));
  std::string answer = std::move(refusal_);
  const bool written = co_await WriteOut(std::move(answer));
  if (written) co_await Linger();
}

// Closing with unread bytes in the socket makes the kernel send a reset, which may overtake the answer. So: say that we are
// done, and read on for a moment until the client is done too.
asio::awaitable<void> Connection::Linger() {
  session_.transport->CloseWrite();
  SetDeadline(std::min<std::chrono::milliseconds>(core_->options.stall_timeout, kLingerTime));
  std::uint64_t dropped = 0;
  idle_ = true;  // a server that stops need not wait for this
  while (dropped < kLingerBytes) {
    dropped += session_.input.size();
    session_.input.Consume(session_.input.size());
    if (core_->stopping.load()) {
      if (TryFill().kind != Io::Kind::kDone) break;
    } else if (!co_await Fill()) {
      break;
    }
  }
  idle_ = false;
}

asio::awaitable<bool> Connection::WaitFor(Io::Kind wanted) {
  if (cut_ || expired_) co_return false;
  at_once_in_a_row_ = 0;
  const auto [error] = co_await descriptor_.async_wait(WaitTypeOf(wanted), kAwait);
  co_return !error && !cut_ && !expired_;
}

void Connection::Cut() {
  if (std::exchange(cut_, true) || !descriptor_.is_open()) return;
  ::shutdown(fd_, SHUT_RDWR);  // also wakes the worker that polls it
  CancelWaits();
  if (tunnel_) tunnel_->Cut();
}

void Connection::CancelWaits() {
  boost::system::error_code ignored;  // there is nothing to do about a failed cancel
  descriptor_.cancel(ignored);
  if (upstream_) upstream_->cancel(ignored);
}

void Connection::SetDeadline(std::chrono::milliseconds from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
  expired_ = false;
  if (!timer_armed_ || deadline_ < timer_.expiry()) ArmTimer();
}

void Connection::ClearDeadline() {
  deadline_ = std::chrono::steady_clock::time_point::max();
  expired_ = false;
}

void Connection::ArmTimer() {
  timer_armed_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait(
      [weak = weak_from_this(), round = ++timer_round_](const boost::system::error_code&) {
        const auto self = weak.lock();
        if (self && self->timer_round_ == round) self->OnTimer();
      });
}

void Connection::OnTimer() {
  timer_armed_ = false;
  if (deadline_ == std::chrono::steady_clock::time_point::max()) return;
  if (std::chrono::steady_clock::now() < deadline_) {
    ArmTimer();
    return;
  }
  expired_ = true;
  CancelWaits();
}

}  // namespace sagebrush::http::internal
