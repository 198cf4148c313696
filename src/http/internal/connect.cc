// SPDX-License-Identifier: Apache-2.0
// CONNECT: serve the host ourselves, tunnel to it, or refuse. Only an address that was looked at is ever connected to, so a name
// that answers differently the second time gains nothing. Runs on the connection's loop; names are resolved on a worker.
#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/network.h"
#include "base/strings.h"
#include "http/authority.h"
#include "http/internal/connection.h"

namespace sagebrush::http::internal {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kConnectTime = 15s;
constexpr std::chrono::milliseconds kTunnelIdle = 15min;
constexpr char kTlsHandshake = 0x16;
constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection Established\r\n\r\n";

void EraseWhatIsNotAllowed(const std::vector<Network>& also_allowed,
                           std::vector<Endpoint>* endpoints) {
  std::erase_if(*endpoints, [&](const Endpoint& endpoint) {
    const auto ip = IpAddress::Of(endpoint.get());
    return !endpoint.is_public() && std::ranges::none_of(also_allowed, [&](const Network& network) {
      return ip && network.Contains(*ip);
    });
  });
}

// Whether a name that means nothing here may mean something on the internet: no name of a local network, and no number, which
// another resolver could read as an address.
bool MayBePublicName(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || host.find(':') != std::string_view::npos) return false;
  const std::string last = ToLower(host.substr(dot + 1));
  // RFC 6761, RFC 6762 (appendix G), RFC 8375 (home.arpa; what else is in arpa serves nothing), ICANN's internal; Kubernetes'
  // services, Docker, Consul.
  constexpr std::string_view kLocal[] = {
      "local", "localhost", "localdomain", "internal", "intranet", "private", "corp",
      "home",  "lan",       "arpa",        "test",     "svc",      "docker",  "consul"};
  return !last.empty() && !(last.front() >= '0' && last.front() <= '9') &&
         std::ranges::find(kLocal, last) == std::end(kLocal);
}

}  // namespace

asio::awaitable<bool> Connection::ServeConnect(RequestHead head) {
  const auto target = ParseAuthority(head.request.target);
  if (!target || !session_.peer.connect_host.empty()) {
    PrepareProxyRefusal(400, "CONNECT cannot be asked for inside a CONNECT.");
    co_await SendRefusal();
    co_return false;
  }
  ConnectDecision decision;
  decision.reason = "This server is no proxy.";
  if (core_->options.on_connect)
    decision = core_->options.on_connect(
        {.peer = session_.peer,
         .host = target->host,
         .port = target->port,
         .proxy_authorization = head.request.headers.GetOr("Proxy-Authorization", "")});
  switch (decision.action) {
    case ConnectDecision::Action::kServe: {
      const bool served = co_await ServeInside(target->host);
      co_return served;
    }
    case ConnectDecision::Action::kTunnel:
      target_ = {target->host, target->port, target->host, std::move(decision)};
      co_await OpenTunnel();
      co_return false;
    case ConnectDecision::Action::kRefuse:
      break;
  }
  PrepareProxyRefusal(403, decision.reason.empty()
                               ? "This host may not be reached through this proxy."
                               : decision.reason);
  co_await SendRefusal();
  co_return false;
}

asio::awaitable<bool> Connection::ServeInside(std::string host) {
  if (core_->options.certificates == nullptr) {
    PrepareProxyRefusal(502, "This server has no certificates to answer as " + host + ".");
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

asio::awaitable<void> Connection::OpenTunnel() {
  const bool resolved = co_await ResolveTarget();
  if (!resolved) {
    co_await SendRefusal();
    co_return;
  }
  const auto& through = target_.decision.through;
  const std::optional<Endpoint> peer = co_await Connect(std::move(endpoints_));
  if (!peer) {
    const std::string other =
        through ? "the upstream proxy " + through->host + ":" + std::to_string(through->port)
                : target_.host + ":" + std::to_string(target_.port);
    PrepareProxyRefusal(expired_ ? 504 : 502, "Cannot connect to " + other + ".");
    co_await SendRefusal();
    co_return;
  }
  std::string established(kEstablished);
  if (through) {
    const std::optional<std::string> early = co_await AskUpstream();
    if (!early) {
      co_await SendRefusal();
      co_return;
    }
    established += *early;
  }
  SetDeadline(core_->options.stall_timeout);
  const bool written = co_await WriteOut(std::move(established));
  if (!written) co_return;
  ClearDeadline();
  core_->tunnel_begun(id_);
  tunnel_ =
      std::make_shared<Tunnel>(loop_, Tunnel::Side{session_.transport.get(), &descriptor_},
                               Tunnel::Side{upstream_transport_.get(), &*upstream_}, kTunnelIdle);
  if (!cut_) co_await Tunnel::Run(tunnel_, session_.input.TakeAll());
}

// Sets endpoints_ to where to connect: the host's, or the upstream proxy's. False: the refusal is prepared.
asio::awaitable<bool> Connection::ResolveTarget() {
  struct Found {
    Result<std::vector<Endpoint>> host = Internal("not resolved");
    Result<std::vector<Endpoint>> proxy = Internal("not resolved");
  };
  const auto found = std::make_shared<Found>();
  handler_done_.Clear();
  ClearDeadline();  // getaddrinfo has its own limits and cannot be interrupted
  std::function<void()> task = [self = shared_from_this(), found, target = target_]() mutable {
    const auto& through = target.decision.through;
    if (!through || target.decision.public_addresses_only)
      found->host = Resolve(target.host, target.port);
    if (through) found->proxy = Resolve(through->host, through->port);
    asio::io_context& loop = *self->loop_;
    asio::post(loop, [last = std::move(self)] { last->handler_done_.Set(); });
  };
  if (!core_->workers.Submit(std::move(task))) {
    PrepareProxyRefusal(503, "The server has too many requests at the moment.");
    co_return false;
  }
  co_await handler_done_.Wait();
  const auto& wanted = target_.decision.through ? found->proxy : found->host;
  if (!wanted.ok()) {
    PrepareProxyRefusal(502, wanted.status().message());
    co_return false;
  }
  endpoints_ = *wanted;
  if (!target_.decision.public_addresses_only) co_return true;
  if (found->host.ok()) {
    std::vector<Endpoint> allowed = *found->host;
    const auto& also = target_.decision.also_allowed;
    EraseWhatIsNotAllowed(also ? *also : std::vector<Network>(), &allowed);
    if (allowed.empty()) {
      PrepareProxyRefusal(
          403,
          "'" + target_.host + "' has no public address, and only those may be reached from here.");
      co_return false;
    }
    // The proxy gets the address that was looked at, not a name that it could find elsewhere.
    if (target_.decision.through)
      target_.asked_for = allowed.front().host();
    else
      endpoints_ = std::move(allowed);
  } else if (!MayBePublicName(target_.host)) {
    PrepareProxyRefusal(403, "'" + target_.host +
                                 "' cannot be resolved here and is no name of the internet's, and "
                                 "only public addresses may be reached from here.");
    co_return false;
  }
  co_return true;
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
