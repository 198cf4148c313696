// SPDX-License-Identifier: Apache-2.0
// The life of a connection: first byte, head after head, what is refused before any handler sees it, the end. Runs on its loop.
// Its other parts: connection_io.cc (bytes and deadlines), parking.cc (the handler), connect.cc (CONNECT), bridge.cc.
#include "http/internal/connection.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <sys/socket.h>
#include <variant>

#include "base/log.h"
#include "http/internal/refusal.h"

namespace sagebrush::http::internal {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kWholeBodyBytes = 1 << 20;  // read on the loop before a worker is taken
constexpr std::size_t kAtOnceBytes =
    128 << 10;                  // longer bodies cost a loop too much (0.1 ms for their hash)
constexpr int kBlankLines = 4;  // RFC 9112 2.2: empty lines before a request are ignored
constexpr char kTlsHandshake = 0x16;

// A share of what all bodies that are on their way may come to.
class BodyRoom {
 public:
  explicit BodyRoom(std::atomic<std::size_t>* taken) : taken_(taken) {}
  BodyRoom(const BodyRoom&) = delete;
  BodyRoom& operator=(const BodyRoom&) = delete;
  ~BodyRoom() { Give(); }
  bool Take(std::size_t bytes, std::size_t limit) {
    size_ = bytes;
    if (taken_->fetch_add(bytes) + bytes <= limit) return true;
    Give();
    return false;
  }
  void Give() { taken_->fetch_sub(std::exchange(size_, 0)); }

 private:
  std::atomic<std::size_t>* const taken_;
  std::size_t size_ = 0;
};

}  // namespace

Connection::Connection(ServerCore* core, asio::io_context* loop, UniqueFd socket, Peer peer,
                       std::uint64_t id)
    : core_(core),
      loop_(loop),
      id_(id),
      fd_(socket.get()),
      descriptor_(*loop, socket.Release()),
      handler_done_(*loop),
      bridge_done_(*loop),
      timer_(*loop) {
  session_.transport = std::make_unique<SocketTransport>(fd_);
  session_.peer = std::move(peer);
}

Connection::~Connection() = default;

asio::awaitable<void> Connection::Run(std::shared_ptr<Connection> self) {
  try {
    co_await self->Serve();
  } catch (const std::exception& error) {
    LogError("http", std::string("a connection ended by an exception: ") + error.what());
  }
  self->timer_.cancel();
  self->timer_round_++;
  boost::system::error_code ignored;
  self->descriptor_.close(ignored);
  if (self->upstream_) self->upstream_->close(ignored);
  self->core_->closed(self->id_);
}

asio::awaitable<void> Connection::Serve() {
  SetDeadline(core_->options.idle_timeout);
  idle_ = true;
  if (core_->stopping.load() || !co_await Fill()) co_return;
  idle_ = false;
  if (session_.input.view().front() == kTlsHandshake) {
    if (core_->options.certificates == nullptr) co_return;
    std::string host = LocalHost();
    const bool secured = co_await StartTls(std::move(host), true);
    if (!secured) co_return;
    session_.peer.is_tls = true;
  }
  for (;;) {
    std::optional<RequestHead> head = co_await ReadHead();
    if (!head) co_return;
    bool goes_on = false;
    if (head->request.method == "CONNECT") {
      goes_on = co_await ServeConnect(*std::move(head));
    } else {
      goes_on = co_await ServeRequest(*std::move(head));
    }
    if (!goes_on) co_return;
  }
}

asio::awaitable<std::optional<RequestHead>> Connection::ReadHead() {
  std::size_t scanned = 0;
  int blanks = 0;
  bool begun = !session_.input.empty();
  SetDeadline(begun ? core_->options.stall_timeout : core_->options.idle_timeout);
  for (;;) {
    while (scanned == 0 && blanks < kBlankLines && session_.input.view().starts_with("\r\n")) {
      session_.input.Consume(2);
      ++blanks;
    }
    const std::string_view input = session_.input.view();
    if (input != "\r") {
      const HeadScan scan = ScanHead(input, scanned);
      if (scan.state == HeadScan::State::kBareLineFeed) {
        PrepareRefusal(400, "A line of the request's head ends without a carriage return.");
        co_await SendRefusal();
        co_return std::nullopt;
      }
      const std::size_t bytes =
          scan.state == HeadScan::State::kComplete ? scan.bytes : input.size();
      if (bytes > core_->options.max_header_bytes) {
        PrepareRefusal(431, "The request's head is longer than " +
                                std::to_string(core_->options.max_header_bytes) + " bytes.");
        co_await SendRefusal();
        co_return std::nullopt;
      }
      if (scan.state == HeadScan::State::kComplete) {
        auto parsed = ParseRequestHead(input.substr(0, scan.bytes));
        session_.input.Consume(scan.bytes);
        if (auto* error = std::get_if<HeadError>(&parsed)) {
          PrepareRefusal(error->status, error->text);
          co_await SendRefusal();
          co_return std::nullopt;
        }
        co_return std::move(std::get<RequestHead>(parsed));
      }
      scanned = input.size();
    }
    idle_ = !begun;
    if (idle_ && core_->stopping.load()) co_return std::nullopt;
    const bool more = co_await Fill();
    idle_ = false;
    if (!more) {
      if (begun && expired_) {
        PrepareRefusal(408, "The request's head did not arrive in time.");
        co_await SendRefusal();
      }
      co_return std::nullopt;
    }
    if (!begun)
      SetDeadline(
          core_->options.stall_timeout);  // for the whole head: dripping bytes do not extend it
    begun = true;
  }
}

asio::awaitable<bool> Connection::ServeRequest(RequestHead head) {
  std::optional<std::string> whole_body;
  const Framing framing = head.framing;
  BodyRoom room(&core_->waiting_bodies);
  if (framing.kind == Framing::Kind::kLength && framing.length <= kWholeBodyBytes &&
      !head.expect_continue &&
      room.Take(static_cast<std::size_t>(framing.length), core_->options.max_waiting_bodies)) {
    whole_body = co_await ReadWhole(framing.length);
    room.Give();
    if (!whole_body) {
      if (expired_) {
        PrepareRefusal(408, "The request's body did not arrive in time.", &head.request);
        co_await SendRefusal();
      }
      co_return false;
    }
  }
  ClearDeadline();
  head.request.peer = session_.peer;
  const bool is_short =
      whole_body ? whole_body->size() <= kAtOnceBytes : framing.kind == Framing::Kind::kNone;
  const bool at_once =
      is_short && core_->options.runs_at_once && core_->options.runs_at_once(head.request);
  ServerExchange::Environment environment;
  environment.body_pace = core_->body_pace();
  environment.workers = &core_->workers;
  environment.stopping = &core_->stopping;
  environment.take = [this] { return Bridge(); };
  environment.make_target = [this] { return std::make_shared<WakeTarget>(this); };
  auto exchange = std::make_shared<ServerExchange>(&session_, std::move(head),
                                                   std::move(whole_body), std::move(environment));

  const bool answered = co_await RunToTheEnd(exchange, at_once);
  if (!answered) co_return false;
  if (exchange->taken()) {
    co_await bridge_done_.Wait();
    co_return false;
  }
  if (cut_ || exchange->cut()) co_return false;
  SetDeadline(core_->options.stall_timeout);
  std::string tail = exchange->TakeTail();
  const bool written = co_await WriteOut(std::move(tail));
  if (!written) co_return false;
  if (!exchange->keep_alive() || !co_await DrainBody(exchange->decoder())) {
    co_await Linger();
    co_return false;
  }
  co_return true;
}

void Connection::PrepareRefusal(int status, std::string_view text, const Request* request) {
  refusal_ = RefusalBytes(core_->options, {status, text, session_.peer, request});
}

// To a CONNECT: it is the client's proxy that speaks here, not a service.
void Connection::PrepareProxyRefusal(int status, std::string_view text) {
  refusal_ = PlainRefusalBytes(status, text);
}

asio::awaitable<bool> Connection::StartTls(std::string host, bool follow_sni) {
  auto tls = TlsTransport::Accept(std::move(session_.transport), &core_->tls, host, follow_sni,
                                  session_.input.TakeAll());
  if (!tls.ok()) {
    LogWarning("http", "no TLS for '" + host + "': " + tls.status().ToString());
    session_.transport = std::make_unique<SocketTransport>(fd_);
    co_return false;
  }
  TlsTransport* const transport = tls->get();
  session_.transport = *std::move(tls);
  SetDeadline(core_->options.stall_timeout);
  for (;;) {
    const Io io = transport->TryHandshake();
    if (io.kind == Io::Kind::kDone) co_return true;
    if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed || !co_await WaitFor(io.kind))
      co_return false;
  }
}

// A client that names no host in its hello came by address.
std::string Connection::LocalHost() const {
  const auto local = LocalEndpoint(fd_);
  const bool is_ip = local.ok() && (local->family() == AF_INET || local->family() == AF_INET6);
  return is_ip ? local->host() : "localhost";
}

void Connection::Drain() {
  if (idle_) Cut();
  if (parked_on_ != nullptr) CancelWaits();  // it sees that the server stops
}

}  // namespace sagebrush::http::internal
