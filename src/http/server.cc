// SPDX-License-Identifier: Apache-2.0
// Listeners, event loops, and the list of living connections, by which StopListening and Stop reach them.
// Each loop is one thread with its own io_context; a connection stays on its loop for life. Lock order: only mutex_.
#include "http/server.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "http/internal/connection.h"
#include "http/internal/refusal.h"
#include "http/listening.h"

namespace sagebrush::http {
namespace {

using namespace internal;  // NOLINT: this file is a part of it
using namespace std::chrono_literals;

constexpr auto kAfterCut = 2s;
constexpr auto kAcceptPause = 100ms;  // when the process is out of descriptors

struct Loop {
  asio::io_context context{1};  // one thread: Asio leaves its own locks out where it can
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  std::thread thread;
  std::size_t connections = 0;  // that live on it; guarded by the server's mutex
};

struct Listener {
  Listener(asio::io_context& loop, UniqueFd socket, int listener_handle,
           std::optional<Peer> fixed_peer)
      : descriptor(loop, socket.Release()),
        pause(loop),
        handle(listener_handle),
        peer(std::move(fixed_peer)) {}
  Descriptor descriptor;
  asio::steady_timer pause;
  const int handle;
  const std::optional<Peer> peer;  // of a unix listener
  bool closed = false;             // of the loop
};

class AsioServer final : public Server {
 public:
  AsioServer(ServerOptions options, Handler handler)
      : core_(std::move(options), std::move(handler)) {
    core_.closed = [this](std::uint64_t id) { Forget(id); };
    core_.tunnel_begun = [this](std::uint64_t id) { MarkTunnel(id); };
    const std::size_t loops = std::max<std::size_t>(core_.options.io_threads, 1);
    for (std::size_t i = 0; i < loops; ++i) loops_.push_back(std::make_unique<Loop>());
    for (auto& loop : loops_) {
      loop->thread = std::thread([context = &loop->context] { context->run(); });
    }
  }
  ~AsioServer() override {
    while (!AsioServer::Stop(0ms)) {
    }
  }

  Result<int> ListenTcp(const std::string& address, int port) override;
  Result<int> ListenOn(UniqueFd listening_socket) override;
  Result<int> ListenUnix(UniqueFd listening_socket, Peer peer) override;
  void StopListening(int handle) override;
  bool Stop(std::chrono::milliseconds grace) override;

 private:
  struct Living {
    std::shared_ptr<Connection> connection;
    Loop* loop = nullptr;
    int handle = 0;
    bool is_tunnel = false;
  };

  Result<int> AddListener(UniqueFd socket, std::optional<Peer> peer);
  static asio::awaitable<void> Accept(AsioServer* self, std::shared_ptr<Listener> listener);
  bool AcceptAll(Listener* listener);  // false when the process is out of descriptors
  void Begin(UniqueFd socket, const Listener& listener, const Endpoint& from);
  void Forget(std::uint64_t id);
  void MarkTunnel(std::uint64_t id);
  template <typename Predicate>
  void PostToConnections(Predicate chosen, void (Connection::*action)());
  static void CloseListener(const std::shared_ptr<Listener>& listener);

  ServerCore core_;
  std::vector<std::unique_ptr<Loop>> loops_;  // made once

  std::mutex stop_mutex_;  // one Stop at a time; guards stopped_
  bool stopped_ = false;

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  bool refusing_ = false;
  int next_handle_ = 1;
  std::uint64_t next_connection_ = 1;
  std::size_t tunnels_ = 0;
  std::unordered_map<int, std::shared_ptr<Listener>> listeners_;
  std::unordered_map<std::uint64_t, Living> living_;
};

Peer AcceptedPeer(int socket, const Endpoint& from) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  Peer peer;
  peer.address = from.ToString();
  // A user of this machine may also come by one of its own addresses (--listen 192.0.2.1).
  const auto own = LocalEndpoint(socket);
  peer.is_loopback = from.is_loopback() || (own.ok() && from.host() == own->host());
  return peer;
}

Result<int> AsioServer::ListenTcp(const std::string& address, int port) {
  ASSIGN_OR_RETURN(UniqueFd socket, BindTcp(address, port));
  return ListenOn(std::move(socket));
}

Result<int> AsioServer::ListenOn(UniqueFd socket) {
  ASSIGN_OR_RETURN(const int bound, PortOf(socket.get()));
  RETURN_IF_ERROR(AddListener(std::move(socket), std::nullopt).status());
  return bound;
}

Result<int> AsioServer::ListenUnix(UniqueFd listening_socket, Peer peer) {
  return AddListener(std::move(listening_socket), std::move(peer));
}

Result<int> AsioServer::AddListener(UniqueFd socket, std::optional<Peer> peer) {
  std::shared_ptr<Listener> listener;
  asio::io_context& loop = loops_.front()->context;
  {
    const std::lock_guard lock(mutex_);
    if (refusing_) return FailedPrecondition("the server has been stopped");
    const int handle = next_handle_++;
    try {
      listener = std::make_shared<Listener>(loop, std::move(socket), handle, std::move(peer));
      listener->descriptor.native_non_blocking(true);
    } catch (const std::exception& error) {
      return InvalidArgument(std::string("cannot listen on this descriptor: ") + error.what());
    }
    listeners_[handle] = listener;
  }
  asio::co_spawn(loop, Accept(this, listener), asio::detached);
  return listener->handle;
}

asio::awaitable<void> AsioServer::Accept(AsioServer* self, std::shared_ptr<Listener> listener) {
  while (!listener->closed) {
    if (!self->AcceptAll(listener.get())) {
      listener->pause.expires_after(kAcceptPause);
      co_await listener->pause.async_wait(kAwait);
    }
    if (listener->closed) break;
    co_await listener->descriptor.async_wait(Descriptor::wait_read, kAwait);
  }
}

bool AsioServer::AcceptAll(Listener* listener) {
  for (;;) {
    Endpoint from;
    from.size = sizeof from.address;
    UniqueFd socket(::accept4(listener->descriptor.native_handle(),
                              reinterpret_cast<sockaddr*>(&from.address), &from.size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.valid()) {
      Begin(std::move(socket), *listener, from);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      LogWarning("http", LastErrno("cannot take a connection").ToString());
      return false;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF || errno == EINVAL) return true;
    // Anything else is one connection's trouble (ECONNABORTED and the network's own errors, see accept(2)).
  }
}

void AsioServer::Begin(UniqueFd socket, const Listener& listener, const Endpoint& from) {
  Peer peer = listener.peer ? *listener.peer : AcceptedPeer(socket.get(), from);
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (refusing_ || !listeners_.contains(listener.handle)) return;
    if (living_.size() >= core_.options.max_connections) {
      const std::string full = RefusalBytes(
          core_.options, {503, "The server has too many connections. Try again.", peer, nullptr});
      // Best effort: it fits into an empty socket.
      (void)SocketTransport(socket.get()).TryWrite(full, false);
      return;
    }
    const std::uint64_t id = next_connection_++;
    // A connection stays on its loop for life: it goes where the fewest are.
    Loop& loop = **std::ranges::min_element(
        loops_, {}, [](const std::unique_ptr<Loop>& one) { return one->connections; });
    ++loop.connections;
    connection =
        std::make_shared<Connection>(&core_, &loop.context, std::move(socket), std::move(peer), id);
    living_[id] = {connection, &loop, listener.handle, false};
  }
  asio::co_spawn(*connection->loop(), Connection::Run(connection), asio::detached);
}

void AsioServer::Forget(std::uint64_t id) {
  std::shared_ptr<Connection> last;  // let go outside the lock
  const std::lock_guard lock(mutex_);
  const auto found = living_.find(id);
  if (found == living_.end()) return;
  if (found->second.is_tunnel) --tunnels_;
  --found->second.loop->connections;
  last = std::move(found->second.connection);
  living_.erase(found);
  changed_.notify_all();
}

void AsioServer::MarkTunnel(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = living_.find(id);
  if (found == living_.end() || std::exchange(found->second.is_tunnel, true)) return;
  ++tunnels_;
  changed_.notify_all();
}

template <typename Predicate>
void AsioServer::PostToConnections(Predicate chosen, void (Connection::*action)()) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, living] : living_) {
    if (!chosen(living)) continue;
    asio::post(*living.connection->loop(),
               [connection = living.connection, action] { (connection.get()->*action)(); });
  }
}

void AsioServer::CloseListener(const std::shared_ptr<Listener>& listener) {
  asio::post(listener->descriptor.get_executor(), [listener] {
    listener->closed = true;
    boost::system::error_code ignored;
    listener->descriptor.close(ignored);
    listener->pause.cancel();
  });
}

void AsioServer::StopListening(int handle) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(handle);
    if (found == listeners_.end()) return;
    CloseListener(found->second);
    listeners_.erase(found);
  }
  PostToConnections([handle](const Living& living) { return living.handle == handle; },
                    &Connection::Cut);
}

bool AsioServer::Stop(std::chrono::milliseconds grace) {
  const std::lock_guard only_one(stop_mutex_);
  if (stopped_) return true;
  core_.stopping.store(true);
  {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    for (const auto& [handle, listener] : listeners_) CloseListener(listener);
    listeners_.clear();
  }
  PostToConnections([](const Living&) { return true; }, &Connection::Drain);
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, grace, [this] { return living_.size() == tunnels_; });
  }
  PostToConnections([](const Living&) { return true; }, &Connection::Cut);
  {
    // Handlers see their reads and writes fail now.
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kAfterCut, [this] { return living_.empty(); })) return false;
  }
  stopped_ = true;
  core_.workers.Stop();
  for (auto& loop : loops_) loop->work.reset();
  for (auto& loop : loops_) loop->thread.join();
  return true;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Create(ServerOptions options, Handler handler) {
  if (!handler) return InvalidArgument("a server needs a handler");
  // A client that leaves in the middle of sendfile() raises SIGPIPE, which would end the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return std::unique_ptr<Server>(
        std::make_unique<AsioServer>(std::move(options), std::move(handler)));
  } catch (const std::exception& error) {
    return ResourceExhausted(std::string("cannot start the server's threads: ") + error.what());
  }
}

}  // namespace sagebrush::http
