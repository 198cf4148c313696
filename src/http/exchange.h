// SPDX-License-Identifier: Apache-2.0
// One request and its answer, as a handler sees it: blocking, on a worker thread of the server's pool. The network side is
// asynchronous; a handler that reads or writes slowly holds its worker, never an event loop. The few that never wait run on the
// event loop (ServerOptions::runs_at_once): they have their body whole, and answer by Send or park.
// An Exchange belongs to the one thread that runs the handler, and is gone when the handler returns, unless it was parked.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/status.h"
#include "http/message.h"

namespace sagebrush::http {

// Why a parked exchange goes on.
enum class WhyResumed {
  kWoken,
  kTimeIsUp,
  kClientClosed,  // its side of the connection: it has left, or waits for the answer behind a half-close. Told once.
  kServerStops,  // told once too
};

// Lets a parked exchange go on. Copies of it may be called from any thread, at any time and repeatedly; it never blocks, and
// does nothing once the exchange has gone on or is gone.
using Waker = std::function<void()>;

class Exchange {
 public:
  using Resume = std::function<void(Exchange&, WhyResumed)>;

  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;

  // The request's body with HTTP's chunking removed (aws-chunked is the caller's business).
  // Length if the client said it. "100 Continue" is sent by itself at the first read.
  virtual std::optional<std::uint64_t> content_length() const = 0;
  // Up to `size` bytes; 0 at the end. kUnavailable when the client went away or broke the framing,
  // kDeadlineExceeded when it fell silent for longer than the server's idle limit.
  virtual Result<std::size_t> Read(char* data, std::size_t size) = 0;
  // The whole rest; kResourceExhausted beyond `limit`.
  virtual Result<std::string> ReadAll(std::uint64_t limit);

  // Answers at once with a whole response; never waits for the client. Content-Length is set here; HEAD sends no body but keeps
  // the length of `Content-Length` if the handler set one.
  virtual Status Send(Response response) = 0;

  // Or piece by piece: SendHead, then Write/SendFile, then Finish. Without a length the body is chunked.
  // Write blocks while the client is slow (back-pressure).
  virtual Status SendHead(int status, Headers headers, std::optional<std::uint64_t> length) = 0;
  virtual Status Write(std::string_view data) = 0;
  virtual Status SendFile(int fd, std::uint64_t offset, std::uint64_t length) = 0;
  virtual Status Finish() = 0;

  // Keeps the exchange open without a worker, to be answered later: the handler parks, hands the waker to whoever will know
  // more, looks once more whether that has happened meanwhile, and returns. Then, when the waker is called (a call before the
  // return counts), `at_most` is over, the server stops or the client closes, `resume` runs on a worker in the handler's
  // place, with the same exchange: it answers, or parks again. When the connection is lost, `resume` is destroyed without
  // having run, so what it captured may take the waker back in its destructor (on an event loop: it must not block).
  virtual Waker Park(std::chrono::milliseconds at_most, Resume resume) = 0;

  // As Park; it goes on, as woken, when `fd` is ready too. However it goes on, `resume` runs on an event loop, not on a worker:
  // it must never wait. `fd` stays the caller's, open until `resume` runs or is destroyed, and nobody else's to watch meanwhile.
  enum class Ready { kToRead, kToWrite };
  virtual Waker ParkOn(int fd, Ready ready, std::chrono::milliseconds at_most, Resume resume) = 0;

  // Whether the head of the answer has left already (then errors can only cut the connection).
  virtual bool head_sent() const = 0;

  // For protocols other than HTTP (101, CONNECT handled by the server itself): after SendHead the raw connection is the
  // handler's, as a connected blocking stream socket. Bytes already read beyond the request head come first.
  virtual Result<UniqueFd> TakeConnection() = 0;
};

}  // namespace sagebrush::http
