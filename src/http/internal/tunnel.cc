// SPDX-License-Identifier: Apache-2.0
// Two copying coroutines on one loop; the second tells its end by an Event. No read is made before the write is done, which is
// the back-pressure.
#include "http/internal/tunnel.h"

#include <vector>

namespace sagebrush::http::internal {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

}  // namespace

Tunnel::Tunnel(asio::io_context* loop, Side client, Side upstream, std::chrono::milliseconds idle)
    : loop_(loop),
      client_(client),
      upstream_(upstream),
      idle_(idle),
      idle_timer_(*loop),
      last_move_(std::chrono::steady_clock::now()),
      back_done_(*loop) {}

asio::awaitable<void> Tunnel::Run(std::shared_ptr<Tunnel> self, std::string received) {
  self->WatchIdle();
  asio::co_spawn(*self->loop_, CopyBack(self), asio::detached);
  co_await Copy(self, self->client_, self->upstream_, std::move(received));
  co_await self->back_done_.Wait();
  self->idle_timer_.cancel();
}

asio::awaitable<void> Tunnel::CopyBack(std::shared_ptr<Tunnel> self) {
  co_await Copy(self, self->upstream_, self->client_, std::string());
  self->back_done_.Set();
}

asio::awaitable<void> Tunnel::Copy(std::shared_ptr<Tunnel> self, Side from, Side to,
                                   std::string first) {
  std::vector<char> buffer(kBufferBytes);
  std::string_view pending = first;
  while (!self->cut_) {
    while (!pending.empty() && !self->cut_) {
      const Io io = to.transport->TryWrite(pending, false);
      if (io.kind == Io::Kind::kDone) {
        pending.remove_prefix(io.bytes);
        self->last_move_ = std::chrono::steady_clock::now();
      } else if (io.kind == Io::Kind::kWantRead || io.kind == Io::Kind::kWantWrite) {
        co_await to.descriptor->async_wait(WaitTypeOf(io.kind), kAwait);
      } else {
        self->Cut();
      }
    }
    if (self->cut_) break;
    const Io io = from.transport->TryRead(buffer.data(), buffer.size());
    if (io.kind == Io::Kind::kDone) {
      self->last_move_ = std::chrono::steady_clock::now();
      pending = std::string_view(buffer.data(), io.bytes);
    } else if (io.kind == Io::Kind::kEnd) {
      to.transport->CloseWrite();
      co_return;
    } else if (io.kind == Io::Kind::kFailed) {
      self->Cut();
    } else {
      co_await from.descriptor->async_wait(WaitTypeOf(io.kind), kAwait);
    }
  }
}

void Tunnel::WatchIdle() {
  if (idle_.count() == 0 || cut_) return;
  idle_timer_.expires_at(last_move_ + idle_);
  idle_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    if (std::chrono::steady_clock::now() - self->last_move_ >= self->idle_) {
      self->Cut();
    } else {
      self->WatchIdle();
    }
  });
}

void Tunnel::Cut() {
  if (std::exchange(cut_, true)) return;
  boost::system::error_code ignored;  // a closed descriptor has nothing to cancel
  client_.descriptor->cancel(ignored);
  upstream_.descriptor->cancel(ignored);
}

}  // namespace sagebrush::http::internal
