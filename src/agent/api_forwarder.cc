// SPDX-License-Identifier: Apache-2.0
#include "agent/api_forwarder.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <list>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

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
  steady_clock::time_point give_up;
  bool broken = false;
};

UniqueFd ConnectServer(const std::filesystem::path& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (!socket.valid() || name.size() >= sizeof address.sun_path) return UniqueFd();
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return UniqueFd();
  return socket;
}

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

void Move(Pair* pair, const std::filesystem::path& api_socket) {
  if (!pair->server.valid()) {
    pair->server = ConnectServer(api_socket);
    if (!pair->server.valid()) {
      if (steady_clock::now() >= pair->give_up) pair->broken = true;
      return;
    }
  }
  if (pair->up.wants_read()) Fill(pair->client.get(), &pair->up, &pair->broken);
  Flush(pair->server.get(), &pair->up, &pair->broken);
  if (pair->down.wants_read()) Fill(pair->server.get(), &pair->down, &pair->broken);
  Flush(pair->client.get(), &pair->down, &pair->broken);
}

}  // namespace

Result<std::unique_ptr<ApiForwarder>> ApiForwarder::Start(Options options) {
  std::unique_ptr<ApiForwarder> forwarder(new ApiForwarder(std::move(options)));
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) return LastErrno("socket");
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(forwarder->options_.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 512) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return LastErrno(
        fmt::format("listening on 127.0.0.1:{} inside the instance", forwarder->options_.port));
  }
  forwarder->port_ = ntohs(address.sin_port);
  forwarder->listener_ = std::move(listener);
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
  while (!stopping_) {
    waits.clear();
    waits.push_back({wake_.get(), POLLIN, 0});
    // A negative descriptor is skipped by poll.
    waits.push_back({pairs.size() < options_.max_connections ? listener_.get() : -1, POLLIN, 0});
    bool waiting_for_server = false;
    for (const Pair& pair : pairs) {
      if (!pair.server.valid()) {
        waiting_for_server = true;
        waits.push_back({-1, 0, 0});
        waits.push_back({-1, 0, 0});
        continue;
      }
      const auto wait = [](int fd, const Flow& from, const Flow& to) {
        const short events = Events(from.wants_read(), !to.data.empty());
        return pollfd{events == 0 ? -1 : fd, events, 0};
      };
      waits.push_back(wait(pair.client.get(), pair.up, pair.down));
      waits.push_back(wait(pair.server.get(), pair.down, pair.up));
    }
    ::poll(waits.data(), waits.size(), waiting_for_server ? static_cast<int>(kRetry.count()) : -1);

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
      }
    }
  }
}

}  // namespace sagebrush::agent
