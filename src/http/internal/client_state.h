// SPDX-License-Identifier: Apache-2.0
// What one client connection knows of the call under way on it. The blocking calls are in client.cc, those by steps in
// client_steps.cc. One thread at a time, as the connection.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/internal/blocking_io.h"
#include "http/internal/body_decoder.h"
#include "http/internal/transport.h"

namespace sagebrush::http {

struct ClientConnection::State {
  State(UniqueFd connected, std::chrono::milliseconds timeout)
      : socket(std::move(connected)), transport(socket.get()), call_timeout(timeout) {}

  internal::Patience Deadline() const {
    return internal::Patience::Until(Clock::System().SteadyNow() + call_timeout);
  }
  Result<std::string> MakeHead(const Request& request, std::uint64_t content_length);
  Status Write(std::string_view data, bool more, internal::Patience patience);
  // The answer's head from what has been received; nothing if more must come.
  Result<std::optional<Response>> TakeHead();
  Result<Response> ReadHead(internal::Patience patience);
  Result<std::size_t> ReadBody(char* data, std::size_t size, internal::Patience patience);
  Status Begin(const Request& request, std::string_view body, std::uint64_t limit);
  Result<Progress> Advance();
  Result<std::optional<Progress>> SendOn();  // nothing: all is sent, or nothing more can be
  // While the peer takes no more: whether an answer (or an end) came early, after which nothing more is sent.
  Result<bool> HearsEarly();
  Progress AwaitEither();

  // A call by steps, after Begin.
  struct Stepped {
    std::string head;       // and the body, where it is short
    std::string_view body;  // else
    std::size_t sent = 0;   // of both
    Status send_failure;
    bool is_refused = false;  // by an early answer: the rest is not sent
    bool is_heard = false;    // a byte of an answer has come
    std::optional<Response> answer;
    std::size_t filled = 0;  // of its body
    std::uint64_t limit = 0;
  };

  UniqueFd socket;
  internal::SocketTransport transport;
  UniqueFd either;  // an epoll of the socket for reading and writing, while a body is stuck
  const std::chrono::milliseconds call_timeout;
  internal::InputBuffer input;
  internal::BodyDecoder decoder;
  Stepped stepped;
  std::size_t scanned = 0;      // of the answer's head
  std::size_t interim = 0;      // bytes of the heads that came before it, as 100 Continue
  std::string method;           // of the request under way
  std::uint64_t body_left = 0;  // of the request's, to be sent
  bool awaiting_head = false;
  bool keep_alive = true;
  bool broken = false;
};

}  // namespace sagebrush::http
