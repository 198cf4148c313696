// SPDX-License-Identifier: Apache-2.0
// The part of a connection's life in which its handler runs, or is parked (Exchange::Park): a loop of "run, then wait". It runs
// on a worker; on the loop itself, where that costs no hand-over, what never waits (runs_at_once, ParkOn).
// Runs on the connection's loop, but for WakeTarget::Wake and the tasks it submits.
#include <exception>
#include <poll.h>

#include "base/log.h"
#include "http/internal/connection.h"

namespace sagebrush::http::internal {
namespace {

// What a client may say while its answer is parked (the next requests of a pipeline) before it is read no further.
constexpr std::size_t kParkedInputBytes = 64 << 10;
// Requests of one connection that the loop answers itself before it looks at the others. A client whose next request comes
// only after a look into the answer costs nothing here; with more of them in a row, one that has it ready each time held the
// others up for 6 ms at 8 connections.
constexpr int kAtOnceInARow = 1;

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

asio::awaitable<bool> Connection::RunToTheEnd(std::shared_ptr<ServerExchange> exchange,
                                              bool at_once) {
  Handler step = core_->handler;
  for (;;) {
    if (at_once) {
      if (++at_once_in_a_row_ > kAtOnceInARow) co_await LetOthersRun();
      RunHandler(exchange.get(), step);
      step = nullptr;
    } else {
      const bool ran = co_await RunOnWorker(exchange, std::move(step));
      if (!ran) co_return false;
    }

    std::optional<ServerExchange::Parking> parking = exchange->TakeParking();
    if (!parking) co_return true;
    const ForgetAtEnd forget(parking->target);
    const ServerExchange::Parking* const parked_as = &*parking;
    const std::optional<WhyResumed> why = co_await WaitParked(parked_as);
    if (!why) co_return false;
    at_once = parking->fd >= 0;
    step = [resume = std::move(parking->resume), why = *why](Exchange& parked) {
      resume(parked, why);
    };
  }
}

// False when there are too many at work, which the client has then been told.
asio::awaitable<bool> Connection::RunOnWorker(std::shared_ptr<ServerExchange> exchange,
                                              Handler step) {
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
  co_return true;
}

// A client that always has the next request ready must not keep the loop to itself.
asio::awaitable<void> Connection::LetOthersRun() {
  at_once_in_a_row_ = 0;
  co_await asio::post(*loop_, asio::use_awaitable);
}

void Connection::WatchFor(Descriptor* watched, const ServerExchange::Parking& parking) {
  const auto wanted =
      parking.ready == Exchange::Ready::kToRead ? Descriptor::wait_read : Descriptor::wait_write;
  watched->async_wait(wanted, [target = parking.target](const boost::system::error_code& error) {
    if (!error) WakeTarget::Wake(target);
  });
}

asio::awaitable<std::optional<WhyResumed>> Connection::WaitParked(
    const ServerExchange::Parking* parking) {
  parked_on_ = parking->target.get();
  at_once_in_a_row_ = 0;
  SetDeadline(parking->at_most);
  Descriptor watched(*loop_);
  if (parking->fd >= 0) {
    watched.assign(parking->fd);
    WatchFor(&watched, *parking);
  }
  std::optional<WhyResumed> why;
  while (!why && !cut_) {
    if (parking->target->woken()) {
      why = WhyResumed::kWoken;
    } else if (expired_) {
      why = WhyResumed::kTimeIsUp;
    } else if (core_->stopping.load() && !stop_told_) {
      stop_told_ = true;
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
  if (watched.is_open()) (void)watched.release();  // it stays its owner's
  parked_on_ = nullptr;
  ClearDeadline();
  co_return why;
}

}  // namespace sagebrush::http::internal
