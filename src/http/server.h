// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 server: one port for plain HTTP and TLS (the first byte tells), CONNECT proxying, unix sockets for instances.
// Asio coroutines live behind this header. Handlers run on a bounded worker pool. All methods may be called from any thread.
//
//   ASSIGN_OR_RETURN(auto server, Server::Create(options, handler));
//   ASSIGN_OR_RETURN(const int port, server->ListenTcp("127.0.0.1", 7070));
//   ...
//   server->Stop(std::chrono::seconds(5));   // no new connections; running requests may finish
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/fd.h"
#include "base/network.h"
#include "base/status.h"
#include "http/certificate_authority.h"
#include "http/exchange.h"
#include "http/message.h"
#include "http/upstream_proxy.h"

namespace sagebrush::http {

// Who asks for "CONNECT host:port".
struct ConnectRequest {
  const Peer& peer;
  const std::string& host;
  int port = 0;
  std::string proxy_authorization;  // the field's value
};

// What to do with it.
struct ConnectDecision {
  enum class Action { kServe, kTunnel, kRefuse };
  Action action = Action::kRefuse;
  std::string reason;  // for kRefuse: one sentence the client gets with 403
  // For kTunnel: refuse addresses that are not public (loopback, link-local, private) after resolving the name.
  bool public_addresses_only = false;
  // Beside public addresses; null: none. Shared, since decisions are made often and networks once.
  std::shared_ptr<const std::vector<Network>> also_allowed = nullptr;
  // For kTunnel: this proxy is asked for it. Where public addresses only are allowed, by the address that was looked at; a
  // name that this machine cannot resolve is then that proxy's business, unless it is a local network's (printer, nas.local).
  std::optional<UpstreamProxy> through = std::nullopt;
};

// What the server itself refuses: a head that cannot be read, a body that does not come, too much at once.
struct Refusal {
  int status;
  std::string_view text;
  const Peer& peer;
  const Request* request;  // null: its head could not be read
};

struct ServerOptions {
  std::size_t max_header_bytes = 64 << 10;
  std::chrono::milliseconds idle_timeout{std::chrono::seconds(75)};  // between requests
  std::chrono::milliseconds stall_timeout{
      std::chrono::seconds(60)};  // within a request: no byte moved either way
  std::size_t io_threads = 2;
  // A body as a whole may take `stall_timeout` and a second more for so many bytes: what drips keeps nothing open.
  std::uint64_t min_body_rate = 1024;
  // Bodies of up to 1 MiB are read whole before a worker is taken: all of them together up to so much, else by the handler.
  std::size_t max_waiting_bodies = std::size_t{64} << 20;
  std::size_t max_workers = 96;   // handlers at the same time; threads start when needed
  std::size_t max_lent = 512;     // more of them, in place of those that wait for a slow client
  std::size_t max_queued = 4096;  // beyond: 503 with Retry-After
  std::size_t max_connections = 16384;
  CertificateAuthority* certificates = nullptr;  // borrowed; null: no TLS, no kServe
  std::function<ConnectDecision(const ConnectRequest&)> on_connect;  // null: refuse all
  // Whether the handler of this request, whose body is here and short, may run on the event loop itself, which saves it the
  // hand-over to a worker and back: for what only computes, or reads what is at hand, and never waits. Called on event loops;
  // null: none.
  std::function<bool(const Request&)> runs_at_once;
  // A refusal in the words of whoever the client thinks it speaks to, on an event loop; null: plain text.
  std::function<Response(const Refusal&)> refuse;
};

using Handler = std::function<void(Exchange&)>;

class Server {
 public:
  static Result<std::unique_ptr<Server>> Create(ServerOptions options, Handler handler);
  virtual ~Server() = default;

  // The port, which is new when `port` is 0. "0.0.0.0", "::1" and names of this machine work too.
  virtual Result<int> ListenTcp(const std::string& address, int port) = 0;
  // The same on a TCP socket that listens already (http/listening.h).
  virtual Result<int> ListenOn(UniqueFd listening_socket) = 0;
  // Serves connections of a listening unix socket; every request on it carries `peer`. Returns a handle for StopListening.
  virtual Result<int> ListenUnix(UniqueFd listening_socket, Peer peer) = 0;
  virtual void StopListening(int handle) = 0;  // of unix listeners; also ends their connections

  // No new connections or requests; waits up to `grace` for running handlers, then cuts their connections and waits two
  // seconds more. False when a handler still runs, which waits for something else than its client; to be called again then,
  // as the destructor does until it has ended.
  virtual bool Stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace sagebrush::http
