// SPDX-License-Identifier: Apache-2.0
// An Exchange whose body has been read already, to know what a form asks for, and is then streamed after all. The
// handler reads it as if it came from the wire. One thread, as every Exchange.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "http/exchange.h"

namespace sagebrush::apps {

class ReplayedExchange final : public http::Exchange {
 public:
  ReplayedExchange(http::Exchange& inner, std::string body)
      : inner_(inner), body_(std::move(body)) {}

  const http::Request& request() const override { return inner_.request(); }
  std::optional<std::uint64_t> content_length() const override { return body_.size(); }
  Result<std::size_t> Read(char* data, std::size_t size) override {
    const std::size_t count = body_.copy(data, size, at_);
    at_ += count;
    return count;
  }
  Status Send(http::Response response) override { return inner_.Send(std::move(response)); }
  Status SendHead(int status, http::Headers headers, std::optional<std::uint64_t> length) override {
    return inner_.SendHead(status, std::move(headers), length);
  }
  Status Write(std::string_view data) override { return inner_.Write(data); }
  Status SendFile(int fd, std::uint64_t offset, std::uint64_t length) override {
    return inner_.SendFile(fd, offset, length);
  }
  Status Finish() override { return inner_.Finish(); }
  http::Waker Park(std::chrono::milliseconds at_most, Resume resume) override {
    return inner_.Park(at_most, [resume = std::move(resume), rest = body_.substr(at_)](
                                    http::Exchange& inner, http::WhyResumed why) {
      ReplayedExchange again(inner, rest);
      resume(again, why);
    });
  }
  http::Waker ParkOn(int fd, Ready ready, std::chrono::milliseconds at_most,
                     Resume resume) override {
    return inner_.ParkOn(fd, ready, at_most, std::move(resume));
  }
  bool head_sent() const override { return inner_.head_sent(); }
  Result<UniqueFd> TakeConnection() override { return inner_.TakeConnection(); }

 private:
  http::Exchange& inner_;
  const std::string body_;
  std::size_t at_ = 0;
};

}  // namespace sagebrush::apps
