// SPDX-License-Identifier: Apache-2.0
// A byte stream that never blocks: it moves what it can and says what it waits for. The trick of this module stands here:
// the event loop waits for that with Asio, a handler's worker thread with poll(), so the same connection is handed from one
// to the other without a queue between them. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sagebrush::http::internal {

struct Io {
  enum class Kind { kDone, kEnd, kWantRead, kWantWrite, kFailed };
  Kind kind = Kind::kFailed;
  std::size_t bytes = 0;  // when done; never 0 then
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Io TryRead(char* data, std::size_t size) = 0;
  // `more`: other bytes follow at once. After kWantRead or kWantWrite the same bytes must be offered again.
  virtual Io TryWrite(std::string_view data, bool more) = 0;
  // Tells the peer that nothing follows (best effort).
  virtual void CloseWrite() = 0;
  // What to wait on.
  virtual int fd() const = 0;
  // Whether bytes written to fd() are what the peer's HTTP sees (sendfile).
  virtual bool is_plain() const = 0;
};

// A connected non-blocking TCP or unix socket, not owned.
class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(int fd) : fd_(fd) {}
  Io TryRead(char* data, std::size_t size) override;
  Io TryWrite(std::string_view data, bool more) override;
  void CloseWrite() override;
  int fd() const override { return fd_; }
  bool is_plain() const override { return true; }

 private:
  const int fd_;
};

// Bytes received and not yet used.
class InputBuffer {
 public:
  std::string_view view() const { return std::string_view(data_).substr(start_); }
  bool empty() const { return start_ == data_.size(); }
  std::size_t size() const { return data_.size() - start_; }
  void Append(std::string_view bytes);
  void Consume(std::size_t count);
  std::string TakeAll();

 private:
  std::string data_;
  std::size_t start_ = 0;
};

}  // namespace sagebrush::http::internal
