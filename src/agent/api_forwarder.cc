// SPDX-License-Identifier: Apache-2.0
#include "agent/api_forwarder.h"

#include <cerrno>
#include <list>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "agent/plain_proxy.h"
#include "http/client.h"
#include "http/listening.h"
#include "http/upstream_proxy.h"

namespace sagebrush::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr milliseconds kRetry(50);

// One direction: bytes read and not yet written. The buffer's size is the back-pressure.
struct Flow {
  std::string data;
  bool source_ended = false;
  bool end_passed_on = false;

  bool wants_read() const { return !source_ended && data.size() < kBufferBytes; }
  bool finished() const { return end_passed_on; }
};

struct Pair {
  UniqueFd client;
  UniqueFd server;  // not valid while the server is away
  Flow up;          // client to server
  Flow down;
  // Until the first bytes tell, nothing goes up. A plain request for another host waits in `held` for its tunnel.
  enum class State { kLooking, kAwaitingTunnel, kCopying } state = State::kLooking;
  std::string held;
  steady_clock::time_point give_up;
  bool broken = false;

  bool reads_client() const { return state != State::kAwaitingTunnel && up.wants_read(); }
  bool writes_server() const { return state != State::kLooking && !up.data.empty(); }
  bool writes_client() const { return state != State::kAwaitingTunnel && !down.data.empty(); }
};

void Fill(int source, Flow* flow, bool* broken) {
  char buffer[kBufferBytes];
  const ssize_t got = ::recv(source, buffer, sizeof buffer - flow->data.size(), 0);
  if (got > 0) {
    flow->data.append(buffer, static_cast<std::size_t>(got));
  } else if (got == 0) {
    flow->source_ended = true;
  } else if (errno != EAGAIN && errno != EINTR) {
    *broken = true;
  }
}

void Flush(int sink, Flow* flow, bool* broken) {
  while (!flow->data.empty()) {
    const ssize_t sent = ::send(sink, flow->data.data(), flow->data.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      flow->data.erase(0, static_cast<std::size_t>(sent));
    } else if (errno == EINTR) {
      continue;
    } else {
      if (errno != EAGAIN) *broken = true;
      return;
    }
  }
  if (flow->source_ended && !flow->end_passed_on) {
    ::shutdown(sink, SHUT_WR);
    flow->end_passed_on = true;
  }
}

short Events(bool read, bool write) {
  return static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
}

// Decides what the client's first bytes are, as soon as they tell.
void Look(Pair* pair) {
  const Opening opening = ReadOpening(pair->up.data);
  const bool full = pair->up.source_ended || pair->up.data.size() >= kBufferBytes;
  if (opening == Opening::kUndecided && !full) return;
  if (opening != Opening::kPlainProxy) {
    pair->state = Pair::State::kCopying;
    return;
  }
  auto turned = TurnIntoTunnel(pair->up.data);
  if (turned.ok() && !*turned && !full) return;  // the head is not here yet
  if (!turned.ok() || !*turned) {
    pair->broken = true;
    return;
  }
  pair->up.data = std::move((*turned)->connect);
  pair->held = std::move((*turned)->request);
  pair->state = Pair::State::kAwaitingTunnel;
}

// The server's answer to our CONNECT: the tunnel stands and the answer is nobody's business, or it is the client's answer.
void AwaitTunnel(Pair* pair) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::string& answer = pair->down.data;
  const std::size_t end = answer.find(kEnd);
  if (end == std::string::npos && !pair->down.source_ended && answer.size() < kBufferBytes) return;
  if (end != std::string::npos && http::StatusOfAnswer(answer) / 100 == 2) {
    answer.erase(0, end + kEnd.size());
    pair->up.data += pair->held;
  }
  pair->held.clear();
  pair->state = Pair::State::kCopying;
}

void Move(Pair* pair, const std::filesystem::path& api_socket) {
  if (!pair->server.valid()) {
    auto server = http::ConnectUnix(api_socket.native(), milliseconds(0));
    if (!server.ok()) {
      if (steady_clock::now() >= pair->give_up) pair->broken = true;
      return;
    }
    pair->server = std::move(*server);
  }
  if (pair->reads_client()) Fill(pair->client.get(), &pair->up, &pair->broken);
  if (pair->state == Pair::State::kLooking) Look(pair);
  if (pair->state != Pair::State::kLooking) Flush(pair->server.get(), &pair->up, &pair->broken);
  if (pair->down.wants_read()) Fill(pair->server.get(), &pair->down, &pair->broken);
  if (pair->state == Pair::State::kAwaitingTunnel) {
    AwaitTunnel(pair);
    if (pair->state == Pair::State::kCopying) Flush(pair->server.get(), &pair->up, &pair->broken);
  }
  if (pair->state != Pair::State::kAwaitingTunnel)
    Flush(pair->client.get(), &pair->down, &pair->broken);
}

}  // namespace

Result<std::unique_ptr<ApiForwarder>> ApiForwarder::Start(Options options) {
  std::unique_ptr<ApiForwarder> forwarder(new ApiForwarder(std::move(options)));
  ASSIGN_OR_RETURN(forwarder->listener_, http::BindTcp("127.0.0.1", forwarder->options_.port));
  ASSIGN_OR_RETURN(forwarder->port_, http::PortOf(forwarder->listener_.get()));
  forwarder->wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!forwarder->wake_.valid()) return LastErrno("eventfd");
  forwarder->thread_ = std::thread([self = forwarder.get()] { self->Run(); });
  return forwarder;
}

ApiForwarder::~ApiForwarder() {
  stopping_ = true;
  const std::uint64_t one = 1;
  if (wake_.valid()) (void)!::write(wake_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

void ApiForwarder::Run() {
  std::list<Pair> pairs;
  std::vector<pollfd> waits;
  // The listener, for a round: what waits there stays readable while there is no descriptor for it.
  bool rests = false;
  while (!stopping_) {
    waits.clear();
    waits.push_back({wake_.get(), POLLIN, 0});
    // A negative descriptor is skipped by poll.
    const bool accepts = !rests && pairs.size() < options_.max_connections;
    waits.push_back({accepts ? listener_.get() : -1, POLLIN, 0});
    bool comes_back = rests;
    rests = false;
    for (const Pair& pair : pairs) {
      if (!pair.server.valid()) {
        comes_back = true;
        waits.push_back({-1, 0, 0});
        waits.push_back({-1, 0, 0});
        continue;
      }
      const auto wait = [](int fd, bool read, bool write) {
        const short events = Events(read, write);
        return pollfd{events == 0 ? -1 : fd, events, 0};
      };
      waits.push_back(wait(pair.client.get(), pair.reads_client(), pair.writes_client()));
      waits.push_back(wait(pair.server.get(), pair.down.wants_read(), pair.writes_server()));
    }
    ::poll(waits.data(), waits.size(), comes_back ? static_cast<int>(kRetry.count()) : -1);

    std::size_t at = 2;
    for (auto pair = pairs.begin(); pair != pairs.end();) {
      const bool touched =
          waits[at].revents != 0 || waits[at + 1].revents != 0 || !pair->server.valid();
      at += 2;
      if (touched) Move(&*pair, options_.api_socket);
      const bool over = pair->broken || (pair->up.finished() && pair->down.finished());
      pair = over ? pairs.erase(pair) : std::next(pair);
    }
    if ((waits[1].revents & POLLIN) != 0) {
      UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (client.valid()) {
        const int on = 1;
        ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        Pair& pair = pairs.emplace_back();
        pair.client = std::move(client);
        pair.give_up = steady_clock::now() + options_.server_patience;
        Move(&pair, options_.api_socket);
      } else {
        rests = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      }
    }
  }
}

}  // namespace sagebrush::agent
