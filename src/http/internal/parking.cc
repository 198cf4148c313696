// SPDX-License-Identifier: Apache-2.0
// The part of a connection's life in which its handler runs, or is parked (Exchange::Park): a loop of "worker, then wait".
// Runs on the connection's loop, but for WakeTarget::Wake and the tasks it submits.
#include <exception>
#include <poll.h>

#include "base/log.h"
#include "http/internal/connection.h"

namespace sagebrush::http::internal {
namespace {

// What a client may say while its answer is parked (the next requests of a pipeline) before it is read no further.
constexpr std::size_t kParkedInputBytes = 64 << 10;

bool IsLost(int fd) {
  pollfd entry{.fd = fd, .events = 0, .revents = 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLERR | POLLHUP)) != 0;
}

// The exchange goes on or away: its waker must not reach the connection any more.
struct ForgetAtEnd {
  std::shared_ptr<WakeTarget> target;
  explicit ForgetAtEnd(std::shared_ptr<WakeTarget> parked_on) : target(std::move(parked_on)) {}
  ForgetAtEnd(const ForgetAtEnd&) = delete;
  ~ForgetAtEnd() { target->Forget(); }
};

}  // namespace

void WakeTarget::Wake(const std::shared_ptr<WakeTarget>& target) {
  const std::lock_guard lock(target->mutex_);
  if (std::exchange(target->woken_, true) || target->connection_ == nullptr) return;
  asio::post(*target->connection_->loop(), [connection = target->connection_->shared_from_this(),
                                            target] { connection->LookAtParking(target.get()); });
}

bool WakeTarget::woken() const {
  const std::lock_guard lock(mutex_);
  return woken_;
}

void WakeTarget::Forget() {
  const std::lock_guard lock(mutex_);
  connection_ = nullptr;
}

void Connection::LookAtParking(const WakeTarget* target) {
  if (parked_on_ == target) CancelWaits();
}

void Connection::RunHandler(ServerExchange* exchange, const Handler& handler) {
  try {
    handler(*exchange);
  } catch (const std::exception& error) {
    LogError("http", "the handler of " + exchange->request().method + " " +
                         std::string(exchange->request().raw_path()) + " threw: " + error.what());
  } catch (...) {
    LogError("http", "a handler threw something that is no exception");
  }
  exchange->Complete();
}

asio::awaitable<bool> Connection::RunToTheEnd(std::shared_ptr<ServerExchange> exchange) {
  Handler step = core_->handler;
  for (;;) {
    handler_done_.Clear();
    std::function<void()> task = [self = shared_from_this(), exchange,
                                  step = std::move(step)]() mutable {
      self->RunHandler(exchange.get(), step);
      exchange.reset();
      step = nullptr;
      asio::io_context& loop = *self->loop_;
      // The task gives its reference away: a connection dies on its own loop.
      asio::post(loop, [last = std::move(self)] { last->handler_done_.Set(); });
    };
    if (!core_->workers.Submit(std::move(task))) {
      PrepareRefusal(503, "The server has too many requests at the moment. Try again.",
                     &exchange->request());
      co_await SendRefusal();
      co_return false;
    }
    co_await handler_done_.Wait();

    std::optional<ServerExchange::Parking> parking = exchange->TakeParking();
    if (!parking) co_return true;
    const ForgetAtEnd forget(parking->target);
    const std::optional<WhyResumed> why = co_await WaitParked(parking->target, parking->at_most);
    if (!why) co_return false;
    step = [resume = std::move(parking->resume), why = *why](Exchange& parked) {
      resume(parked, why);
    };
  }
}

asio::awaitable<std::optional<WhyResumed>> Connection::WaitParked(
    std::shared_ptr<WakeTarget> target, std::chrono::milliseconds at_most) {
  parked_on_ = target.get();
  SetDeadline(at_most);
  std::optional<WhyResumed> why;
  while (!why && !cut_) {
    if (target->woken()) {
      why = WhyResumed::kWoken;
    } else if (expired_) {
      why = WhyResumed::kTimeIsUp;
    } else if (core_->stopping.load()) {
      why = WhyResumed::kServerStops;
    } else if (half_closed_ || session_.input.size() >= kParkedInputBytes) {
      if (IsLost(fd_)) break;
      co_await descriptor_.async_wait(Descriptor::wait_error, kAwait);
    } else {
      const Io io = TryFill();
      if (io.kind == Io::Kind::kFailed) break;
      if (io.kind == Io::Kind::kEnd) {
        half_closed_ = true;
        why = WhyResumed::kClientClosed;
      } else if (io.kind != Io::Kind::kDone) {
        co_await descriptor_.async_wait(WaitTypeOf(io.kind), kAwait);
      }
    }
  }
  parked_on_ = nullptr;
  ClearDeadline();
  co_return why;
}

}  // namespace sagebrush::http::internal
