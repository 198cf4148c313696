// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 client on one connection, for the agent, the router and the command line: blocking, or step by step for an event
// loop. Not synchronised: one thread at a time. Every blocking call has the connection's deadline, counted anew for each call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/status.h"
#include "http/message.h"

namespace sagebrush::http {

Result<UniqueFd> ConnectUnix(const std::string& path, std::chrono::milliseconds timeout);
Result<UniqueFd> ConnectTcp(const std::string& host, int port, std::chrono::milliseconds timeout);

class ClientConnection {
 public:
  // Takes a connected stream socket (TCP or unix).
  explicit ClientConnection(UniqueFd socket,
                            std::chrono::milliseconds call_timeout = std::chrono::seconds(60));
  ~ClientConnection();
  ClientConnection(ClientConnection&&) noexcept;
  ClientConnection& operator=(ClientConnection&&) noexcept;

  // A whole request and its whole answer. Content-Length is set here; Host must be in `request.headers`.
  // kResourceExhausted when the answer's body is longer than `limit`.
  Result<Response> Call(const Request& request, std::string_view body,
                        std::uint64_t limit = std::uint64_t{64} << 20);

  // The same without ever waiting: Begin, then Advance, and again whenever wait_fd() is ready for what it asked for. `body`
  // must live until then. How long all of it may take is the caller's business.
  enum class Progress { kDone, kToRead, kToWrite };
  Status Begin(const Request& request, std::string_view body,
               std::uint64_t limit = std::uint64_t{64} << 20);
  Result<Progress> Advance();
  // The socket; while a body is stuck, a descriptor to be read when the socket is ready for either: an answer may come early.
  int wait_fd() const;
  bool answer_begun() const;            // its first byte has come
  std::uint64_t answer_memory() const;  // that its body takes so far
  Response TakeAnswer();                // once, after kDone

  // Piece by piece: a body of known length, then the head, then the body by reads (0 at the end).
  Status SendHead(const Request& request, std::uint64_t content_length);
  Status SendBody(std::string_view data);
  Result<Response> ReadHead();  // without the body
  Result<std::size_t> ReadBody(char* data, std::size_t size);

  // Whether another call may follow on this connection (keep-alive, nothing unread, peer has not closed).
  bool reusable() const;
  int fd() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sagebrush::http
