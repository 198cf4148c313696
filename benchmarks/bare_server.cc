// SPDX-License-Identifier: Apache-2.0
// The floor beside an HTTP server's figures: one thread that waits in epoll, reads what came, and sends the same answer of
// BYTES of body for every request it finds, with nothing checked, parsed or looked up. What it costs is the kernel's part
// (and a virtual machine's: waking the client's core), which no server on this machine can be below.
//
//   bench_bare_server BYTES      prints its port, and serves until its standard input ends
#include <arpa/inet.h>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

// Length of the first whole request in `text`, or 0: a head, and as much body as its content-length says.
std::size_t WholeRequest(std::string_view text) {
  const auto head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t body = 0;
  for (const std::string_view name : {"content-length: ", "Content-Length: "}) {
    const auto at = text.substr(0, head).find(name);
    if (at == std::string_view::npos) continue;
    const char* from = text.data() + at + name.size();
    std::from_chars(from, text.data() + head, body);
  }
  return text.size() >= head + 4 + body ? head + 4 + body : 0;
}

void Watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t bytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: " +
      std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, ' ');
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener, 128) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("bench_bare_server");
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);

  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  Watch(epoll, listener);
  Watch(epoll, STDIN_FILENO);
  std::map<int, std::string> unread;  // by connection
  for (;;) {
    epoll_event events[64];
    const int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[i].data.fd;
      if (fd == STDIN_FILENO) return 0;
      if (fd == listener) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const int one = 1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        Watch(epoll, connection);
        continue;
      }
      char buffer[16384];
      const auto got = recv(fd, buffer, sizeof buffer, 0);
      std::string& text = unread[fd];
      if (got <= 0) {
        unread.erase(fd);
        close(fd);
        continue;
      }
      text.append(buffer, static_cast<std::size_t>(got));
      while (const std::size_t length = WholeRequest(text)) {
        text.erase(0, length);
        if (send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
  }
}
