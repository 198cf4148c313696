// SPDX-License-Identifier: Apache-2.0
// The server's Exchange: while the handler runs, its worker owns the connection's transport and moves bytes itself (poll with
// the stall limit). What is left of the last write when the handler returns goes back to the event loop (TakeTail).
// One thread at a time: first the worker, then the loop.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "http/exchange.h"
#include "http/internal/blocking_io.h"
#include "http/internal/body_decoder.h"
#include "http/internal/body_pace.h"
#include "http/internal/head_parser.h"
#include "http/internal/transport.h"
#include "http/internal/wake_target.h"

namespace sagebrush::http::internal {

// What is read and dropped of a body that the handler left; more than this closes the connection.
inline constexpr std::uint64_t kDrainBytes = 1 << 20;

// A connection as requests see it.
struct Session {
  std::unique_ptr<Transport> transport;
  InputBuffer input;
  Peer peer;
};

class ServerExchange final : public Exchange {
 public:
  struct Environment {
    BodyPace body_pace;             // its `stall` holds for the answer too
    ThreadPool* workers = nullptr;  // whose places are lent while a client is waited for
    const std::atomic<bool>* stopping = nullptr;  // then answers say "Connection: close"
    std::function<Result<UniqueFd>()> take;       // makes the bridge of TakeConnection
    std::function<std::shared_ptr<WakeTarget>()> make_target;  // for Park
  };
  // `whole_body`: the body, where the loop has read it already.
  ServerExchange(Session* session, RequestHead head, std::optional<std::string> whole_body,
                 Environment environment);

  const Request& request() const override { return head_.request; }
  std::optional<std::uint64_t> content_length() const override;
  Result<std::size_t> Read(char* data, std::size_t size) override;
  Result<std::string> ReadAll(std::uint64_t limit) override;
  Status Send(Response response) override;
  Status SendHead(int status, Headers headers, std::optional<std::uint64_t> length) override;
  Status Write(std::string_view data) override;
  Status SendFile(int fd, std::uint64_t offset, std::uint64_t length) override;
  Status Finish() override;
  Waker Park(std::chrono::milliseconds at_most, Resume resume) override;
  Waker ParkOn(int fd, Ready ready, std::chrono::milliseconds at_most, Resume resume) override;
  bool head_sent() const override { return head_sent_; }
  Result<UniqueFd> TakeConnection() override;

  struct Parking {
    std::shared_ptr<WakeTarget> target;
    std::chrono::milliseconds at_most{0};
    Resume resume;
    int fd = -1;  // of ParkOn
    Ready ready = Ready::kToRead;
  };
  // After the handler, where it ran: answers 500 if nothing was answered, nor parked.
  void Complete();
  // For the loop, after that.
  std::optional<Parking> TakeParking() { return std::exchange(parking_, std::nullopt); }
  bool cut() const { return broken_ || !finished_; }
  bool taken() const { return taken_; }
  bool keep_alive() const { return keep_alive_; }
  std::string TakeTail() { return std::move(tail_); }
  BodyDecoder* decoder() { return &decoder_; }

 private:
  enum class BodyForm { kNone, kLength, kChunked, kUntilClose };

  Result<std::string> MakeHead(int status, const Headers& headers,
                               std::optional<std::uint64_t> length);
  Status Put(std::string_view data, bool more);  // blocking; a failure breaks the connection
  // What does not go at once becomes the tail.
  Status PutLast(std::string data, bool more = false);
  Status CheckRoom(std::uint64_t bytes);
  Patience Stall() const {
    return Patience::Stall(environment_.body_pace.stall, environment_.workers);
  }

  Session* const session_;
  const RequestHead head_;
  std::optional<std::string> whole_body_;
  const Environment environment_;
  std::size_t body_read_ = 0;  // of whole_body_
  BodyDecoder decoder_;
  std::uint64_t received_ = 0;  // of a body that the handler reads from the wire
  std::chrono::milliseconds waited_for_it_{0};

  BodyForm form_ = BodyForm::kNone;
  std::uint64_t length_left_ = 0;
  int status_ = 0;
  bool continue_pending_ = false;
  bool keep_alive_ = true;
  bool head_sent_ = false;
  bool finished_ = false;
  bool broken_ = false;
  bool taken_ = false;
  std::optional<Parking> parking_;
  std::string tail_;
};

}  // namespace sagebrush::http::internal
