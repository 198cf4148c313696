// SPDX-License-Identifier: Apache-2.0
// A load generator that costs little beside what it measures: one thread, epoll, requests that were written (and signed)
// beforehand. Each of the connections sends one request, waits for the whole answer, and takes the next one of the file.
//
//   http_load --address HOST:PORT --requests FILE [--connections N] [--seconds S | --count K] [--warmup S]
//
// FILE: any number of [4 bytes little-endian length][that many bytes: one HTTP/1.1 request]. Prints one JSON object: rate,
// latency quantiles in microseconds from the first byte sent to the last byte received, statuses, and its own CPU time.
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

struct Options {
  sockaddr_in address{};
  std::string requests;
  int connections = 1;
  double seconds = 5;
  double warmup = 0;
  std::uint64_t count = 0;  // 0: by time
};

[[noreturn]] void Die(const std::string& message) {
  std::cerr << "http_load: " << message << std::endl;
  std::exit(1);
}

// Reads one answer's framing; what the body says does not matter.
class Answer {
 public:
  void Reset() {
    head_.clear();
    state_ = State::kHead;
    keep_alive_ = true;
  }
  bool done() const { return state_ == State::kDone; }
  bool started() const { return !head_.empty(); }
  int status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  bool until_close() const { return state_ == State::kUntilClose; }

  void Feed(std::string_view bytes) {
    while (!bytes.empty() && state_ != State::kDone) {
      if (state_ == State::kHead || state_ == State::kChunkHead || state_ == State::kTrailer) {
        Line(&bytes);
      } else if (state_ == State::kUntilClose) {
        return;
      } else {
        const std::size_t taken = std::min<std::uint64_t>(left_, bytes.size());
        bytes.remove_prefix(taken);
        left_ -= taken;
        if (left_ == 0) state_ = state_ == State::kBody ? State::kDone : State::kChunkHead;
      }
    }
  }

 private:
  enum class State { kHead, kBody, kChunkHead, kChunk, kTrailer, kUntilClose, kDone };

  void Line(std::string_view* bytes) {
    const std::size_t end = bytes->find('\n');
    head_.append(bytes->substr(0, end == std::string_view::npos ? end : end + 1));
    bytes->remove_prefix(end == std::string_view::npos ? bytes->size() : end + 1);
    if (end == std::string_view::npos) return;
    if (state_ == State::kHead) {
      if (head_.ends_with("\r\n\r\n")) EndHead();
    } else if (state_ == State::kTrailer) {
      if (head_ == "\r\n") state_ = State::kDone;
      head_.clear();
    } else {
      left_ = std::strtoull(head_.c_str(), nullptr, 16) + 2;  // the chunk and its line end
      state_ = left_ == 2 ? State::kTrailer : State::kChunk;
      head_.clear();
    }
  }

  std::string_view Header(const char* name) const {
    const std::size_t size = std::strlen(name);
    for (std::size_t at = head_.find('\n'); at != std::string::npos;
         at = head_.find('\n', at + 1)) {
      if (strncasecmp(head_.c_str() + at + 1, name, size) != 0) continue;
      std::string_view value(head_.c_str() + at + 1 + size);
      value = value.substr(0, value.find('\r'));
      while (value.starts_with(' ')) value.remove_prefix(1);
      return value;
    }
    return {};
  }

  void EndHead() {
    status_ = std::atoi(head_.c_str() + 9);
    keep_alive_ = strncasecmp(Header("connection:").data() ? Header("connection:").data() : "",
                              "close", 5) != 0;
    const std::string_view length = Header("content-length:");
    if (status_ == 100) {
      head_.clear();
      return;
    }
    if (!length.empty()) {
      left_ = 0;
      std::from_chars(length.data(), length.data() + length.size(), left_);
      state_ = left_ == 0 ? State::kDone : State::kBody;
    } else if (!Header("transfer-encoding:").empty()) {
      state_ = State::kChunkHead;
      head_.clear();
    } else {
      state_ = status_ == 204 || status_ == 304 ? State::kDone : State::kUntilClose;
    }
  }

  std::string head_;
  State state_ = State::kHead;
  std::uint64_t left_ = 0;
  int status_ = 0;
  bool keep_alive_ = true;
};

struct Connection {
  int fd = -1;
  std::string_view request;
  std::size_t sent = 0;
  Answer answer;
  Clock::time_point begin;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)) { ReadRequests(); }

  void Run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    connections_.resize(static_cast<std::size_t>(options_.connections));
    const auto start = Clock::now();
    measured_from_ =
        start + std::chrono::duration_cast<Clock::duration>(duration<double>(options_.warmup));
    const auto until = measured_from_ + std::chrono::duration_cast<Clock::duration>(
                                            duration<double>(options_.seconds));
    if (options_.count > 0) latencies_.reserve(options_.count);
    for (auto& connection : connections_) Begin(&connection);
    std::vector<epoll_event> events(256);
    while (under_way_ > 0) {
      const auto now = Clock::now();
      stopping_ = stopping_ || (options_.count == 0 && now >= until);
      if (now > until + std::chrono::seconds(60) && options_.count == 0)
        break;  // stuck: told as missing
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < ready; ++i)
        Continue(static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    Print(duration<double>(Clock::now() - measured_from_).count());
  }

 private:
  void ReadRequests() {
    std::ifstream file(options_.requests, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    for (std::size_t at = 0; at + 4 <= bytes_.size();) {
      std::uint32_t size = 0;
      std::memcpy(&size, bytes_.data() + at, 4);
      if (at + 4 + size > bytes_.size()) Die("the file of requests is cut short");
      requests_.push_back(std::string_view(bytes_).substr(at + 4, size));
      at += 4 + size;
    }
    if (requests_.empty()) Die("no request in " + options_.requests);
  }

  bool Dial(Connection* connection) {
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(connection->fd, reinterpret_cast<const sockaddr*>(&options_.address),
                sizeof options_.address) != 0)
      return false;
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = connection}};
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd, &event) == 0;
  }

  void Begin(Connection* connection) {
    if (stopping_ || (options_.count > 0 && begun_ >= options_.count)) {
      if (connection->fd >= 0) close(connection->fd);
      connection->fd = -1;
      return;
    }
    connection->request = requests_[begun_++ % requests_.size()];
    connection->sent = 0;
    connection->answer.Reset();
    connection->begin = Clock::now();
    if (connection->fd < 0 && !Dial(connection)) {
      ++failures_;
      Die(std::string("cannot connect: ") + std::strerror(errno));
    }
    ++under_way_;
    Write(connection);
  }

  void Write(Connection* connection) {
    while (connection->sent < connection->request.size()) {
      const ssize_t count = write(connection->fd, connection->request.data() + connection->sent,
                                  connection->request.size() - connection->sent);
      if (count < 0) return;  // EAGAIN, or an end that the reader sees
      connection->sent += static_cast<std::size_t>(count);
      bytes_out_ += static_cast<std::uint64_t>(count);
    }
  }

  void Continue(Connection* connection) {
    if (connection->fd < 0) return;
    Write(connection);
    while (true) {
      const ssize_t count = read(connection->fd, buffer_.get(), kBuffer);
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) {
        const bool complete = count == 0 && connection->answer.until_close();
        close(connection->fd);
        connection->fd = -1;
        Finish(connection, complete);
        return;
      }
      bytes_in_ += static_cast<std::uint64_t>(count);
      connection->answer.Feed({buffer_.get(), static_cast<std::size_t>(count)});
      if (connection->answer.done()) {
        if (!connection->answer.keep_alive()) {
          close(connection->fd);
          connection->fd = -1;
        }
        Finish(connection, true);
        if (connection->fd < 0) return;
      }
    }
  }

  void Finish(Connection* connection, bool complete) {
    --under_way_;
    const auto now = Clock::now();
    if (connection->begin >= measured_from_) {
      if (complete) {
        latencies_.push_back(duration<double, std::micro>(now - connection->begin).count());
        ++statuses_[connection->answer.status()];
      } else {
        ++failures_;
      }
    }
    Begin(connection);
  }

  double Quantile(double q) const {
    if (latencies_.empty()) return 0;
    return latencies_[static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1))];
  }

  void Print(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    std::printf("{\"requests\": %zu, \"failures\": %zu, \"seconds\": %.3f, \"rate\": %.1f, ",
                latencies_.size(), failures_, seconds,
                static_cast<double>(latencies_.size()) / seconds);
    std::printf("\"p50_us\": %.0f, \"p90_us\": %.0f, \"p99_us\": %.0f, \"max_us\": %.0f, ",
                Quantile(.5), Quantile(.9), Quantile(.99), Quantile(1));
    std::printf(
        "\"bytes_in\": %llu, \"bytes_out\": %llu, \"own_cpu_seconds\": %.3f, \"statuses\": {",
        static_cast<unsigned long long>(bytes_in_), static_cast<unsigned long long>(bytes_out_),
        cpu);
    const char* comma = "";
    for (const auto& [status, count] : statuses_) {
      std::printf("%s\"%d\": %zu", comma, status, count);
      comma = ", ";
    }
    std::printf("}}\n");
  }

  static constexpr std::size_t kBuffer = 1 << 18;
  const Options options_;
  std::string bytes_;
  std::vector<std::string_view> requests_;
  std::vector<Connection> connections_;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kBuffer);
  int epoll_ = -1;
  std::size_t under_way_ = 0;
  std::uint64_t begun_ = 0;
  bool stopping_ = false;
  Clock::time_point measured_from_;
  std::vector<double> latencies_;
  std::map<int, std::size_t> statuses_;
  std::size_t failures_ = 0;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
};

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--address") {
      const std::size_t colon = value.rfind(':');
      options.address.sin_family = AF_INET;
      options.address.sin_port =
          htons(static_cast<std::uint16_t>(std::atoi(value.c_str() + colon + 1)));
      if (inet_pton(AF_INET, value.substr(0, colon).c_str(), &options.address.sin_addr) != 1)
        Die("--address takes an IPv4 address and a port, as 127.0.0.1:7070");
    } else if (name == "--requests") {
      options.requests = value;
    } else if (name == "--connections") {
      options.connections = std::atoi(value.c_str());
    } else if (name == "--seconds") {
      options.seconds = std::atof(value.c_str());
    } else if (name == "--warmup") {
      options.warmup = std::atof(value.c_str());
    } else if (name == "--count") {
      options.count = std::strtoull(value.c_str(), nullptr, 10);
    } else {
      Die("unknown option " + name);
    }
  }
  if (options.address.sin_port == 0 || options.requests.empty())
    Die("--address HOST:PORT and --requests FILE are needed");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  Load(Parse(argc, argv)).Run();
  return 0;
}
