// SPDX-License-Identifier: Apache-2.0
// An http::Exchange without a network: a request and its body go in, what the handler answered can be looked at.
// Belongs to one thread, as every exchange does.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/file.h"
#include "http/exchange.h"

namespace sagebrush::testing {

class FakeExchange final : public http::Exchange {
 public:
  // The body is known to be as long as it is unless `is_chunked`. Reads give at most `piece` bytes.
  FakeExchange(http::Request request, std::string body, bool is_chunked = false,
               std::size_t piece = 64 << 10)
      : request_(std::move(request)),
        body_(std::move(body)),
        is_chunked_(is_chunked),
        piece_(piece) {}

  const http::Request& request() const override { return request_; }
  std::optional<std::uint64_t> content_length() const override {
    return is_chunked_ ? std::nullopt : std::optional<std::uint64_t>(body_.size());
  }
  Result<std::size_t> Read(char* data, std::size_t size) override {
    if (!read_fault_.ok() && read_ == body_.size()) return read_fault_;
    const std::size_t count = std::min({size, piece_, body_.size() - read_});
    std::memcpy(data, body_.data() + read_, count);
    read_ += count;
    return count;
  }

  Status Send(http::Response response) override {
    response_ = std::move(response);
    head_sent_ = finished_ = true;
    return Status::Ok();
  }
  Status SendHead(int status, http::Headers headers, std::optional<std::uint64_t> length) override {
    response_.status = status;
    response_.headers = std::move(headers);
    if (length) response_.headers.Set("Content-Length", std::to_string(*length));
    length_ = length;
    head_sent_ = true;
    return Status::Ok();
  }
  Status Write(std::string_view data) override {
    response_.body += data;
    return Status::Ok();
  }
  Status SendFile(int fd, std::uint64_t offset, std::uint64_t length) override {
    std::string data(static_cast<std::size_t>(length), '\0');
    ASSIGN_OR_RETURN(const std::size_t count, ReadAt(fd, offset, data.data(), data.size()));
    if (count != data.size()) return Internal("the file ends early");
    response_.body += data;
    ++files_sent_;
    return Status::Ok();
  }
  Status Finish() override {
    if (length_ && response_.body.size() != *length_)
      return Internal("the body is not as long as its head says");
    finished_ = true;
    return Status::Ok();
  }
  http::Waker Park(std::chrono::milliseconds at_most, Resume resume) override {
    parked_for_ = at_most;
    resume_ = std::move(resume);
    return [this] { ++wakes_; };
  }
  http::Waker ParkOn(int fd, Ready ready, std::chrono::milliseconds at_most,
                     Resume resume) override {
    parked_on_ = fd;
    ready_ = ready;
    return Park(at_most, std::move(resume));
  }
  bool head_sent() const override { return head_sent_; }
  Result<UniqueFd> TakeConnection() override {
    return Unimplemented("a FakeExchange has no connection");
  }

  // The body's end is this failure: the client goes away.
  void BreakAfterBody(Status fault) { read_fault_ = std::move(fault); }

  // Parked exchanges stand still until a test lets them go on.
  bool parked() const { return resume_ != nullptr; }
  std::chrono::milliseconds parked_for() const { return parked_for_; }
  int wakes() const { return wakes_; }
  int parked_on() const { return parked_on_; }
  Ready ready() const { return ready_; }
  void GoOn(http::WhyResumed why) { std::exchange(resume_, nullptr)(*this, why); }

  const http::Response& response() const { return response_; }
  bool finished() const { return finished_; }
  std::size_t bytes_read() const { return read_; }
  int files_sent() const { return files_sent_; }

 private:
  const http::Request request_;
  const std::string body_;
  const bool is_chunked_;
  const std::size_t piece_;
  std::size_t read_ = 0;
  Status read_fault_;
  http::Response response_;
  std::optional<std::uint64_t> length_;
  bool head_sent_ = false;
  bool finished_ = false;
  int files_sent_ = 0;
  std::chrono::milliseconds parked_for_{0};
  Resume resume_;
  int wakes_ = 0;
  int parked_on_ = -1;
  Ready ready_ = Ready::kToRead;
};

}  // namespace sagebrush::testing
