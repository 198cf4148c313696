// SPDX-License-Identifier: Apache-2.0
// The only door to Boost.Asio. <utility> must come before awaitable.hpp (g++ 12). House rules for coroutines: parameters by
// value, no capturing coroutine lambdas, as_tuple tokens, none of awaitable_operators (not thread-safe in 1.81), and no
// lambda with captures inside a co_await expression (g++ 12 frees the captures twice). Nor may a condition hold a co_await whose
// arguments are temporaries, nor a co_await a ?: as argument: g++ 12.2 resumed `if (co_await WriteOut(MakeText()))` at a wrong
// place and freed the other twice. Name them first.
#pragma once

#include <utility>

#if defined(__SANITIZE_THREAD__)
#pragma GCC diagnostic ignored \
    "-Wtsan"  // Asio's fences, which ThreadSanitizer does not see; its queues have mutexes besides
#endif

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/internal/transport.h"

namespace sagebrush::http::internal {

namespace asio = boost::asio;

inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

using Descriptor = asio::posix::stream_descriptor;

inline Descriptor::wait_type WaitTypeOf(Io::Kind wanted) {
  return wanted == Io::Kind::kWantWrite ? Descriptor::wait_write : Descriptor::wait_read;
}

// Something that will happen, told on the loop's own thread. One waiter.
class Event {
 public:
  explicit Event(asio::io_context& loop) : timer_(loop, asio::steady_timer::time_point::max()) {}
  void Set() {
    is_set_ = true;
    timer_.cancel();
  }
  void Clear() { is_set_ = false; }
  bool is_set() const { return is_set_; }
  asio::awaitable<void> Wait() {
    while (!is_set_) co_await timer_.async_wait(kAwait);
  }

 private:
  asio::steady_timer timer_;
  bool is_set_ = false;
};

}  // namespace sagebrush::http::internal
