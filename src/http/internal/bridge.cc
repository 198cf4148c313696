// SPDX-License-Identifier: Apache-2.0
// A connection that its handler has taken (Exchange::TakeConnection): a socket pair, one end for the handler, the other joined
// to the client by a tunnel on the loop, so that TLS and bytes already read need nothing special.
#include <sys/socket.h>

#include "http/internal/connection.h"

namespace sagebrush::http::internal {

using namespace std::chrono_literals;

// Runs on the handler's worker.
Result<UniqueFd> Connection::Bridge() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return LastErrno("cannot make a socket pair");
  UniqueFd mine(ends[0]);
  UniqueFd theirs(ends[1]);
  asio::post(*loop_, [self = shared_from_this(), fd = std::make_shared<UniqueFd>(std::move(mine))] {
    const int raw = fd->get();
    self->upstream_.emplace(*self->loop_, fd->Release());
    self->upstream_->native_non_blocking(true);
    self->upstream_transport_ = std::make_unique<SocketTransport>(raw);
    asio::co_spawn(*self->loop_, RunBridge(self), asio::detached);
  });
  return theirs;
}

asio::awaitable<void> Connection::RunBridge(std::shared_ptr<Connection> self) {
  self->core_->tunnel_begun(self->id_);
  self->tunnel_ = std::make_shared<Tunnel>(
      self->loop_, Tunnel::Side{self->session_.transport.get(), &self->descriptor_},
      Tunnel::Side{self->upstream_transport_.get(), &*self->upstream_}, 0ms);
  if (!self->cut_) co_await Tunnel::Run(self->tunnel_, self->session_.input.TakeAll());
  boost::system::error_code ignored;
  self->upstream_->close(ignored);
  self->bridge_done_.Set();
}

}  // namespace sagebrush::http::internal
