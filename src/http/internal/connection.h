// SPDX-License-Identifier: Apache-2.0
// One client's connection, from its first byte to its last: which protocol, request after request, CONNECT, the end.
// A coroutine on one event loop; a handler's worker borrows the session while the coroutine waits for it (HandlerDone), so
// nothing here needs a lock. Drain and Cut must be posted to the loop.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "http/internal/addresses.h"
#include "http/internal/asio.h"
#include "http/internal/body_pace.h"
#include "http/internal/head_parser.h"
#include "http/internal/server_exchange.h"
#include "http/internal/tls.h"
#include "http/internal/tunnel.h"
#include "http/server.h"

namespace sagebrush::http::internal {

// What all connections of a server share.
struct ServerCore {
  ServerCore(ServerOptions server_options, Handler request_handler)
      : options(std::move(server_options)),
        handler(std::move(request_handler)),
        tls(options.certificates),
        workers(options.max_workers, options.max_queued, options.max_lent) {}
  BodyPace body_pace() const { return {options.stall_timeout, options.min_body_rate}; }

  const ServerOptions options;
  const Handler handler;
  TlsContexts tls;
  ThreadPool workers;
  std::atomic<bool> stopping{false};
  std::atomic<std::size_t> waiting_bodies{0};  // bytes that bodies read by the loops may come to
  std::function<void(std::uint64_t id)>
      tunnel_begun;  // this connection has no request to wait for any more
  std::function<void(std::uint64_t id)> closed;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerCore* core, asio::io_context* loop, UniqueFd socket, Peer peer,
             std::uint64_t id);
  ~Connection();

  static asio::awaitable<void> Run(std::shared_ptr<Connection> self);

  // Ends the connection when it has nothing to do; the request under way is still answered.
  void Drain();
  // Ends it now; a handler's reads and writes fail.
  void Cut();
  asio::io_context* loop() const { return loop_; }
  // Something happened to what this connection may be parked on.
  void LookAtParking(const WakeTarget* target);

 private:
  asio::awaitable<void> Serve();
  asio::awaitable<bool> ServeRequest(RequestHead head);
  // Runs the handler and what it parks; false when nothing more can be said to the client.
  asio::awaitable<bool> RunToTheEnd(std::shared_ptr<ServerExchange> exchange, bool at_once);
  asio::awaitable<bool> RunOnWorker(std::shared_ptr<ServerExchange> exchange, Handler step);
  asio::awaitable<std::optional<WhyResumed>> WaitParked(
      const ServerExchange::Parking* parking);  // the caller's, who waits
  void WatchFor(Descriptor* watched, const ServerExchange::Parking& parking);
  asio::awaitable<void> LetOthersRun();
  asio::awaitable<std::optional<RequestHead>> ReadHead();
  asio::awaitable<bool> ServeConnect(RequestHead head);
  asio::awaitable<bool> ServeInside(std::string host);
  asio::awaitable<void> OpenTunnel();
  asio::awaitable<bool> ResolveTarget();
  asio::awaitable<std::optional<std::string>> AskUpstream();
  asio::awaitable<std::optional<Endpoint>> Connect(std::vector<Endpoint> endpoints);
  asio::awaitable<bool> StartTls(std::string host, bool follow_sni);
  asio::awaitable<std::optional<std::string>> ReadWhole(std::uint64_t length);
  asio::awaitable<bool> DrainBody(BodyDecoder* decoder);
  Io TryFill();
  asio::awaitable<bool> Fill();  // more input; false at the end
  asio::awaitable<bool> WriteOut(std::string data);
  // In two steps because of g++ 12 (asio.h): a text made within a co_await expression was freed twice.
  void PrepareRefusal(int status, std::string_view text, const Request* request = nullptr);
  void PrepareProxyRefusal(int status, std::string_view text);
  asio::awaitable<void> SendRefusal();
  asio::awaitable<void> Linger();
  asio::awaitable<bool> WaitFor(Io::Kind wanted);

  void RunHandler(ServerExchange* exchange, const Handler& handler);
  Result<UniqueFd> Bridge();
  static asio::awaitable<void> RunBridge(std::shared_ptr<Connection> self);
  std::string LocalHost() const;

  void SetDeadline(std::chrono::milliseconds from_now);
  void ClearDeadline();
  void ArmTimer();
  void OnTimer();
  void CancelWaits();

  ServerCore* const core_;
  asio::io_context* const loop_;
  const std::uint64_t id_;
  const int fd_;
  Descriptor descriptor_;
  Session session_;
  Event handler_done_;
  Event bridge_done_;

  // The connection's one timer. It fires when it was set to and looks whether the deadline has moved on since.
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  bool timer_armed_ = false;
  std::uint64_t timer_round_ = 0;
  bool expired_ = false;

  std::string refusal_;
  bool idle_ = false;  // between requests
  bool cut_ = false;
  const WakeTarget* parked_on_ = nullptr;
  bool half_closed_ = false;  // the client's side, seen while an exchange was parked
  bool stop_told_ = false;    // to the parked exchange
  int at_once_in_a_row_ = 0;  // handlers run on the loop since it was last given away
  // A tunnel's, which is this connection's last business: where to, by which way, and the other side.
  struct Target {
    std::string host;
    int port = 0;
    std::string asked_for;  // of an upstream proxy: the host, or its address that was looked at
    ConnectDecision decision;
  };
  Target target_;
  std::vector<Endpoint> endpoints_;
  std::optional<Descriptor> upstream_;
  std::unique_ptr<SocketTransport> upstream_transport_;
  std::shared_ptr<Tunnel> tunnel_;
};

}  // namespace sagebrush::http::internal
