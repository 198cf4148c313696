// SPDX-License-Identifier: Apache-2.0
// CONNECT: serve the host ourselves, tunnel to it, or refuse. Only an address that was looked at is ever connected to, so a name
// that answers differently the second time gains nothing. Runs on the connection's loop; names are resolved on a worker.
#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "http/internal/connection.h"

namespace sagebrush::http::internal {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kConnectTime = 15s;
constexpr std::chrono::milliseconds kTunnelIdle = 15min;
constexpr char kTlsHandshake = 0x16;
constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection Established\r\n\r\n";

}  // namespace

asio::awaitable<bool> Connection::ServeConnect(RequestHead head) {
  const auto target = ParseAuthority(head.request.target);
  if (!target || !session_.peer.connect_host.empty()) {
    PrepareRefusal(400, "CONNECT cannot be asked for inside a CONNECT.");
    co_await SendRefusal();
    co_return false;
  }
  ConnectDecision decision;
  decision.reason = "This server is no proxy.";
  if (core_->options.on_connect)
    decision = core_->options.on_connect(session_.peer, target->host, target->port);
  switch (decision.action) {
    case ConnectDecision::Action::kServe: {
      const bool served = co_await ServeInside(target->host);
      co_return served;
    }
    case ConnectDecision::Action::kTunnel:
      co_await TunnelTo(target->host, target->port, decision.public_addresses_only);
      co_return false;
    case ConnectDecision::Action::kRefuse:
      break;
  }
  PrepareRefusal(403, decision.reason.empty() ? "This host may not be reached through this proxy."
                                              : decision.reason);
  co_await SendRefusal();
  co_return false;
}

asio::awaitable<bool> Connection::ServeInside(std::string host) {
  if (core_->options.certificates == nullptr) {
    PrepareRefusal(502, "This server has no certificates to answer as " + host + ".");
    co_await SendRefusal();
    co_return false;
  }
  std::string established(kEstablished);
  const bool written = co_await WriteOut(std::move(established));
  if (!written) co_return false;
  session_.peer.connect_host = host;
  session_.peer.is_tls = false;
  SetDeadline(core_->options.idle_timeout);
  idle_ = session_.input.empty();
  if (idle_ && (core_->stopping.load() || !co_await Fill())) co_return false;
  idle_ = false;
  if (session_.input.view().front() != kTlsHandshake)
    co_return true;  // plain HTTP inside, as for port 80
  // The name in the client's hello does not matter: it checks the certificate against the host it named to us.
  const bool secured = co_await StartTls(std::move(host), false);
  if (!secured) co_return false;
  session_.peer.is_tls = true;
  co_return true;
}

asio::awaitable<void> Connection::TunnelTo(std::string host, int port, bool public_only) {
  using Resolved = Result<std::vector<Endpoint>>;
  const auto resolved = std::make_shared<Resolved>(Internal("not resolved"));
  handler_done_.Clear();
  ClearDeadline();  // getaddrinfo has its own limits and cannot be interrupted
  std::function<void()> task = [self = shared_from_this(), resolved, host, port]() mutable {
    *resolved = Resolve(host, port);
    asio::io_context& loop = *self->loop_;
    asio::post(loop, [last = std::move(self)] { last->handler_done_.Set(); });
  };
  if (!core_->workers.Submit(std::move(task))) {
    PrepareRefusal(503, "The server has too many requests at the moment.");
    co_await SendRefusal();
    co_return;
  }
  co_await handler_done_.Wait();
  if (!resolved->ok()) {
    PrepareRefusal(502, resolved->status().message());
    co_await SendRefusal();
    co_return;
  }
  std::vector<Endpoint> endpoints = **resolved;
  if (public_only) {
    std::erase_if(endpoints, [](const Endpoint& endpoint) { return !endpoint.is_public(); });
    if (endpoints.empty()) {
      PrepareRefusal(
          403, "'" + host + "' has no public address, and only those may be reached from here.");
      co_await SendRefusal();
      co_return;
    }
  }
  const std::optional<Endpoint> peer = co_await Connect(std::move(endpoints));
  if (!peer) {
    PrepareRefusal(expired_ ? 504 : 502,
                   "Cannot connect to " + host + ":" + std::to_string(port) + ".");
    co_await SendRefusal();
    co_return;
  }
  SetDeadline(core_->options.stall_timeout);
  std::string established(kEstablished);
  const bool written = co_await WriteOut(std::move(established));
  if (!written) co_return;
  ClearDeadline();
  core_->tunnel_begun(id_);
  tunnel_ =
      std::make_shared<Tunnel>(loop_, Tunnel::Side{session_.transport.get(), &descriptor_},
                               Tunnel::Side{upstream_transport_.get(), &*upstream_}, kTunnelIdle);
  if (!cut_) co_await Tunnel::Run(tunnel_, session_.input.TakeAll());
}

// The first endpoint that answers; upstream_ is then connected to it.
asio::awaitable<std::optional<Endpoint>> Connection::Connect(std::vector<Endpoint> endpoints) {
  SetDeadline(kConnectTime);
  for (const Endpoint& endpoint : endpoints) {
    UniqueFd socket(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid()) continue;
    const int raw = socket.get();
    const int on = 1;
    ::setsockopt(raw, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(raw, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    const bool begun = ::connect(raw, endpoint.get(), endpoint.size) == 0 || errno == EINPROGRESS;
    if (!begun) continue;
    upstream_.emplace(*loop_, socket.Release());
    const auto [error] = co_await upstream_->async_wait(Descriptor::wait_write, kAwait);
    if (cut_ || expired_) co_return std::nullopt;
    int failure = 0;
    socklen_t size = sizeof failure;
    const bool connected =
        !error && ::getsockopt(raw, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
    if (connected) {
      upstream_transport_ = std::make_unique<SocketTransport>(raw);
      co_return endpoint;
    }
  }
  co_return std::nullopt;
}

}  // namespace sagebrush::http::internal
