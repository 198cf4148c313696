// SPDX-License-Identifier: Apache-2.0
// The life of a connection but CONNECT (connect.cc). Runs on its loop; RunHandler and Bridge on the handler's worker.
#include "http/internal/connection.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <sys/socket.h>
#include <variant>

#include "base/log.h"

namespace sagebrush::http::internal {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kWholeBodyBytes = 1 << 20;  // read on the loop before a worker is taken
constexpr std::uint64_t kDrainBytes =
    1 << 20;  // of a body nobody read, before the connection is given up
constexpr std::uint64_t kLingerBytes = 64 << 20;
constexpr std::chrono::milliseconds kLingerTime = 3s;
constexpr int kBlankLines = 4;  // RFC 9112 2.2: empty lines before a request are ignored
constexpr char kTlsHandshake = 0x16;

std::string PlainAnswer(int status, std::string_view text) {
  std::string answer =
      "HTTP/1.1 " + std::to_string(status) + " " + std::string(ReasonPhrase(status)) +
      "\r\nDate: " + FormatHttpDate(Clock::System().Now()) + "\r\nServer: sagebrush\r\n";
  if (status == 503) answer += "Retry-After: 1\r\n";
  answer += "Content-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
            std::to_string(text.size() + 1) + "\r\n\r\n";
  answer.append(text).append("\n");
  return answer;
}

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
  if (framing.kind == Framing::Kind::kLength && framing.length <= kWholeBodyBytes &&
      !head.expect_continue) {
    whole_body = co_await ReadWhole(framing.length);
    if (!whole_body) {
      if (expired_) {
        PrepareRefusal(408, "The request's body did not arrive in time.");
        co_await SendRefusal();
      }
      co_return false;
    }
  }
  ClearDeadline();
  head.request.peer = session_.peer;
  ServerExchange::Environment environment;
  environment.stall = core_->options.stall_timeout;
  environment.stopping = &core_->stopping;
  environment.take = [this] { return Bridge(); };
  environment.make_target = [this] { return std::make_shared<WakeTarget>(this); };
  auto exchange = std::make_shared<ServerExchange>(&session_, std::move(head),
                                                   std::move(whole_body), std::move(environment));

  const bool answered = co_await RunToTheEnd(exchange);
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

asio::awaitable<std::optional<std::string>> Connection::ReadWhole(std::uint64_t length) {
  const auto wanted = static_cast<std::size_t>(length);
  const std::string_view there = session_.input.view().substr(0, wanted);
  std::string body(there);
  session_.input.Consume(there.size());
  std::size_t filled = body.size();
  SetDeadline(core_->options.stall_timeout);
  while (filled < wanted) {
    if (filled == body.size())
      body.resize(std::min(wanted, filled + (128 << 10)));  // memory follows what has come
    const Io io = session_.transport->TryRead(body.data() + filled, body.size() - filled);
    if (io.kind == Io::Kind::kDone) {
      filled += io.bytes;
      SetDeadline(core_->options.stall_timeout);
    } else if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed ||
               !co_await WaitFor(io.kind)) {
      co_return std::nullopt;
    }
  }
  co_return body;
}

asio::awaitable<bool> Connection::DrainBody(BodyDecoder* decoder) {
  std::vector<char> scratch;
  std::uint64_t drained = 0;
  while (!decoder->done()) {
    if (decoder->broken() || drained > kDrainBytes || decoder->remaining() > kDrainBytes)
      co_return false;
    if (session_.input.empty() && !co_await Fill()) co_return false;
    scratch.resize(16 << 10);
    const BodyDecoder::Step step =
        decoder->Decode(session_.input.view(), scratch.data(), scratch.size());
    session_.input.Consume(step.consumed);
    drained += step.consumed;
  }
  co_return true;
}

// Its buffer is on the stack, not in a coroutine's frame, so that idle connections stay small.
Io Connection::TryFill() {
  char buffer[16 << 10];
  const Io io = session_.transport->TryRead(buffer, sizeof buffer);
  if (io.kind == Io::Kind::kDone) session_.input.Append({buffer, io.bytes});
  return io;
}

asio::awaitable<bool> Connection::Fill() {
  while (!cut_ && !expired_) {
    const Io io = TryFill();
    if (io.kind == Io::Kind::kDone) co_return true;
    if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed || !co_await WaitFor(io.kind))
      co_return false;
  }
  co_return false;
}

asio::awaitable<bool> Connection::WriteOut(std::string data) {
  std::string_view left = data;
  while (!left.empty()) {
    const Io io = session_.transport->TryWrite(left, false);
    if (io.kind == Io::Kind::kDone) {
      left.remove_prefix(io.bytes);
      SetDeadline(core_->options.stall_timeout);
    } else if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed ||
               !co_await WaitFor(io.kind)) {
      co_return false;
    }
  }
  co_return true;
}

void Connection::PrepareRefusal(int status, std::string_view text) {
  refusal_ = PlainAnswer(status, text);
}

asio::awaitable<void> Connection::SendRefusal() {
  SetDeadline(std::min<std::chrono::milliseconds>(core_->options.stall_timeout, kLingerTime));
  std::string answer = std::move(refusal_);
  const bool written = co_await WriteOut(std::move(answer));
  if (written) co_await Linger();
}

// Closing with unread bytes in the socket makes the kernel send a reset, which may overtake the answer. So: say that we are
// done, and read on for a moment until the client is done too.
asio::awaitable<void> Connection::Linger() {
  session_.transport->CloseWrite();
  SetDeadline(std::min<std::chrono::milliseconds>(core_->options.stall_timeout, kLingerTime));
  std::uint64_t dropped = 0;
  idle_ = true;  // a server that stops need not wait for this
  while (dropped < kLingerBytes) {
    dropped += session_.input.size();
    session_.input.Consume(session_.input.size());
    if (core_->stopping.load()) {
      if (TryFill().kind != Io::Kind::kDone) break;
    } else if (!co_await Fill()) {
      break;
    }
  }
  idle_ = false;
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
  Endpoint local;
  local.size = sizeof local.address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&local.address), &local.size) != 0)
    return "localhost";
  return local.family() == AF_INET || local.family() == AF_INET6 ? local.host() : "localhost";
}

// Runs on the handler's worker: one end for the handler, the other for a tunnel on the loop.
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

asio::awaitable<bool> Connection::WaitFor(Io::Kind wanted) {
  if (cut_ || expired_) co_return false;
  const auto [error] = co_await descriptor_.async_wait(WaitTypeOf(wanted), kAwait);
  co_return !error && !cut_ && !expired_;
}

void Connection::Drain() {
  if (idle_) Cut();
  if (parked_on_ != nullptr) CancelWaits();  // it sees that the server stops
}

void Connection::Cut() {
  if (std::exchange(cut_, true) || !descriptor_.is_open()) return;
  ::shutdown(fd_, SHUT_RDWR);  // also wakes the worker that polls it
  CancelWaits();
  if (tunnel_) tunnel_->Cut();
}

void Connection::CancelWaits() {
  boost::system::error_code ignored;  // there is nothing to do about a failed cancel
  descriptor_.cancel(ignored);
  if (upstream_) upstream_->cancel(ignored);
}

void Connection::SetDeadline(std::chrono::milliseconds from_now) {
  deadline_ = std::chrono::steady_clock::now() + from_now;
  expired_ = false;
  if (!timer_armed_ || deadline_ < timer_.expiry()) ArmTimer();
}

void Connection::ClearDeadline() {
  deadline_ = std::chrono::steady_clock::time_point::max();
  expired_ = false;
}

void Connection::ArmTimer() {
  timer_armed_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait(
      [weak = weak_from_this(), round = ++timer_round_](const boost::system::error_code&) {
        const auto self = weak.lock();
        if (self && self->timer_round_ == round) self->OnTimer();
      });
}

void Connection::OnTimer() {
  timer_armed_ = false;
  if (deadline_ == std::chrono::steady_clock::time_point::max()) return;
  if (std::chrono::steady_clock::now() < deadline_) {
    ArmTimer();
    return;
  }
  expired_ = true;
  CancelWaits();
}

}  // namespace sagebrush::http::internal
