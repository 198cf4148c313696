// SPDX-License-Identifier: Apache-2.0
// Answers: framing, the fields the server itself owns, and back-pressure by blocking the handler. One thread at a time.
#include "http/internal/server_exchange.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/clock.h"
#include "base/strings.h"
#include "http/field_syntax.h"

namespace sagebrush::http::internal {
namespace {

constexpr std::size_t kJoinBytes =
    64 << 10;  // bodies up to this are copied behind their head: one write

bool MayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

ServerExchange::ServerExchange(Session* session, RequestHead head,
                               std::optional<std::string> whole_body, Environment environment)
    : session_(session),
      head_(std::move(head)),
      whole_body_(std::move(whole_body)),
      environment_(std::move(environment)),
      decoder_(whole_body_ ? Framing{} : head_.framing),
      continue_pending_(head_.expect_continue),
      keep_alive_(head_.keep_alive) {}

std::optional<std::uint64_t> ServerExchange::content_length() const {
  if (head_.framing.kind == Framing::Kind::kChunked) return std::nullopt;
  return head_.framing.length;
}

Result<std::size_t> ServerExchange::Read(char* data, std::size_t size) {
  if (whole_body_) {
    const std::size_t count = std::min(size, whole_body_->size() - body_read_);
    if (count > 0) std::memcpy(data, whole_body_->data() + body_read_, count);
    body_read_ += count;
    return count;
  }
  if (broken_ || taken_) return Unavailable("the connection is gone");
  if (continue_pending_ && !head_sent_) {
    continue_pending_ = false;
    RETURN_IF_ERROR(Put("HTTP/1.1 100 Continue\r\n\r\n", false));
  }
  const SteadyTime begun = Clock::System().SteadyNow();
  // Only the time that the client lets us wait counts, not what the handler does meanwhile.
  const auto limit = environment_.body_pace.Limit(received_, waited_for_it_);
  auto got = ReadBody(session_->transport.get(), &session_->input, &decoder_, data, size,
                      Patience::Stall(limit, environment_.workers));
  waited_for_it_ +=
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::System().SteadyNow() - begun);
  received_ += got.value_or(0);
  // The answer may still be sent, but there is no next request after this.
  if (!got.ok()) keep_alive_ = false;
  return got;
}

Result<std::string> ServerExchange::ReadAll(std::uint64_t limit) {
  if (!whole_body_ || body_read_ > 0 || whole_body_->size() > limit)
    return Exchange::ReadAll(limit);
  std::string body = std::move(*whole_body_);
  whole_body_->clear();
  return body;
}

Result<std::string> ServerExchange::MakeHead(int status, const Headers& headers,
                                             std::optional<std::uint64_t> length) {
  if (status < 101 || status > 999 || (status > 101 && status < 200))
    return InvalidArgument("not a final status: " + std::to_string(status));
  const bool head_method = head_.request.method == "HEAD";
  const bool may_have_body = MayHaveBody(status);
  std::string head;
  head.reserve(512);
  head.append("HTTP/1.1 ")
      .append(std::to_string(status))
      .append(" ")
      .append(ReasonPhrase(status))
      .append("\r\n");
  bool has_date = false;
  bool has_server = false;
  std::string told_length;
  for (const auto& [name, value] : headers) {
    if (!IsToken(name) || !IsFieldValue(value))
      return InvalidArgument("the answer's header field '" + name + "' is not valid");
    if (EqualsIgnoreCase(name, "Content-Length")) {
      told_length = value;
      continue;
    }
    if (EqualsIgnoreCase(name, "Transfer-Encoding")) continue;
    if (EqualsIgnoreCase(name, "Connection") && status != 101) {
      if (EqualsIgnoreCase(value, "close")) keep_alive_ = false;
      continue;
    }
    has_date = has_date || EqualsIgnoreCase(name, "Date");
    has_server = has_server || EqualsIgnoreCase(name, "Server");
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!has_date) head.append("Date: ").append(FormatHttpDate(Clock::System().Now())).append("\r\n");
  if (!has_server) head.append("Server: sagebrush\r\n");

  form_ = BodyForm::kNone;
  if (head_method || status == 304) {
    // The length a GET would have had, where the handler knows it; a 0 we made up ourselves would be a lie in a 304.
    if (told_length.empty() && length && (head_method || *length > 0) && may_have_body)
      told_length = std::to_string(*length);
    if (!told_length.empty()) head.append("Content-Length: ").append(told_length).append("\r\n");
  } else if (may_have_body) {
    if (length) {
      form_ = BodyForm::kLength;
      length_left_ = *length;
      head.append("Content-Length: ").append(std::to_string(*length)).append("\r\n");
    } else if (head_.minor_version >= 1) {
      form_ = BodyForm::kChunked;
      head.append("Transfer-Encoding: chunked\r\n");
    } else {
      form_ = BodyForm::kUntilClose;
      keep_alive_ = false;
    }
  }

  // A client that waits for "100 Continue" may or may not send its body now: nothing after it could be told apart.
  if (continue_pending_ || environment_.stopping->load(std::memory_order_relaxed))
    keep_alive_ = false;
  if (status != 101) {
    if (!keep_alive_) {
      head.append("Connection: close\r\n");
    } else if (head_.minor_version == 0) {
      head.append("Connection: keep-alive\r\n");
    }
  }
  head.append("\r\n");
  return head;
}

Status ServerExchange::Put(std::string_view data, bool more) {
  if (broken_) return Unavailable("the connection is gone");
  Status status = WriteAll(session_->transport.get(), data, more, Stall());
  broken_ = !status.ok();
  return status;
}

Status ServerExchange::PutLast(std::string data, bool more) {
  if (broken_) return Unavailable("the connection is gone");
  if (!tail_.empty()) {
    tail_.append(data);
    return Status::Ok();
  }
  const auto written = WriteNow(session_->transport.get(), data, more);
  if (!written.ok()) {
    broken_ = true;
    return written.status();
  }
  data.erase(0, *written);
  tail_ = std::move(data);
  return Status::Ok();
}

Status ServerExchange::Send(Response response) {
  if (head_sent_) return FailedPrecondition("the answer has begun already");
  if (!whole_body_ && !decoder_.done() && decoder_.remaining() > kDrainBytes) keep_alive_ = false;
  ASSIGN_OR_RETURN(std::string head,
                   MakeHead(response.status, response.headers, response.body.size()));
  head_sent_ = true;
  finished_ = true;
  status_ = response.status;
  if (form_ == BodyForm::kNone) return PutLast(std::move(head));
  length_left_ = 0;
  if (response.body.size() <= kJoinBytes) {
    head.append(response.body);
    return PutLast(std::move(head));
  }
  RETURN_IF_ERROR(PutLast(std::move(head), true));
  return PutLast(std::move(response.body));
}

Status ServerExchange::SendHead(int status, Headers headers, std::optional<std::uint64_t> length) {
  if (head_sent_) return FailedPrecondition("the answer has begun already");
  ASSIGN_OR_RETURN(const std::string head, MakeHead(status, headers, length));
  head_sent_ = true;
  status_ = status;
  finished_ = form_ == BodyForm::kNone || (form_ == BodyForm::kLength && length_left_ == 0);
  return Put(head, form_ == BodyForm::kLength && length_left_ > 0);
}

Status ServerExchange::CheckRoom(std::uint64_t bytes) {
  if (!head_sent_) return FailedPrecondition("the answer's head must be sent before its body");
  if (taken_ || (finished_ && form_ != BodyForm::kNone && bytes > 0))
    return FailedPrecondition("the answer is finished already");
  if (form_ != BodyForm::kLength) return Status::Ok();
  if (bytes > length_left_)
    return InvalidArgument("the body is longer than the length that was told");
  length_left_ -= bytes;
  return Status::Ok();
}

Status ServerExchange::Write(std::string_view data) {
  RETURN_IF_ERROR(CheckRoom(data.size()));
  if (data.empty() || form_ == BodyForm::kNone)
    return broken_ ? Unavailable("the connection is gone") : Status::Ok();
  if (form_ != BodyForm::kChunked) {
    RETURN_IF_ERROR(Put(data, false));
    finished_ = form_ == BodyForm::kLength && length_left_ == 0;
    return Status::Ok();
  }
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  if (data.size() <= kJoinBytes) {
    std::string chunk(size);
    chunk.append(data).append("\r\n");
    return Put(chunk, false);
  }
  RETURN_IF_ERROR(Put(size, true));
  RETURN_IF_ERROR(Put(data, true));
  return Put("\r\n", false);
}

Status ServerExchange::SendFile(int fd, std::uint64_t offset, std::uint64_t length) {
  RETURN_IF_ERROR(CheckRoom(length));
  if (length == 0 || form_ == BodyForm::kNone) return Status::Ok();
  if (broken_) return Unavailable("the connection is gone");
  char size[24];
  std::snprintf(size, sizeof size, "%llx\r\n", static_cast<unsigned long long>(length));
  if (form_ == BodyForm::kChunked) RETURN_IF_ERROR(Put(size, true));
  const Status status = WriteFile(session_->transport.get(), fd, offset, length, Stall());
  if (!status.ok()) {
    broken_ = true;
    return status;
  }
  if (form_ == BodyForm::kChunked) return Put("\r\n", false);
  finished_ = form_ == BodyForm::kLength && length_left_ == 0;
  return Status::Ok();
}

Status ServerExchange::Finish() {
  if (!head_sent_) return FailedPrecondition("the answer's head must be sent before its end");
  if (broken_) return Unavailable("the connection is gone");
  if (finished_) return Status::Ok();
  if (form_ == BodyForm::kLength) {
    broken_ = true;
    return FailedPrecondition("the body is shorter than the length that was told");
  }
  finished_ = true;
  return form_ == BodyForm::kChunked ? PutLast("0\r\n\r\n") : Status::Ok();
}

Result<UniqueFd> ServerExchange::TakeConnection() {
  if (!head_sent_ || status_ != 101)
    return FailedPrecondition("a connection is taken after the head of a 101 answer");
  if (broken_ || taken_) return Unavailable("the connection is gone");
  ASSIGN_OR_RETURN(UniqueFd fd, environment_.take());
  taken_ = true;
  return fd;
}

Waker ServerExchange::Park(std::chrono::milliseconds at_most, Resume resume) {
  return ParkOn(-1, Ready::kToRead, at_most, std::move(resume));
}

Waker ServerExchange::ParkOn(int fd, Ready ready, std::chrono::milliseconds at_most,
                             Resume resume) {
  parking_ = {environment_.make_target(), at_most, std::move(resume), fd, ready};
  return [target = parking_->target] { target->Wake(target); };
}

void ServerExchange::Complete() {
  if (finished_ || broken_ || taken_) parking_.reset();
  if (head_sent_ || broken_ || parking_) return;
  Response failed{
      500, {{"Content-Type", "text/plain"}}, "The server failed to answer this request.\n"};
  keep_alive_ = false;
  (void)Send(std::move(failed));  // a failure leaves the exchange broken, which the loop sees
}

}  // namespace sagebrush::http::internal
