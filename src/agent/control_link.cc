// SPDX-License-Identifier: Apache-2.0
#include "agent/control_link.h"

#include <algorithm>
#include <fmt/format.h>
#include <sys/socket.h>

#include "base/frame.h"
#include "base/log.h"
#include "http/client.h"

namespace sagebrush::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds Until(steady_clock::time_point time) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(time - steady_clock::now()));
}

std::uint64_t Number(const Json& message, std::string_view member) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, message.GetInt(member)));
}

}  // namespace

ControlLink::ControlLink(Options options, Handlers handlers)
    : options_(std::move(options)), handlers_(std::move(handlers)) {}

ControlLink::~ControlLink() { Stop(); }

void ControlLink::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ControlLink::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (socket_) ::shutdown(socket_->get(), SHUT_RDWR);
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status ControlLink::Send(const Json& message, int fd_to_pass) {
  std::shared_ptr<UniqueFd> socket;
  {
    const std::lock_guard lock(mutex_);
    if (!welcomed_) return Unavailable("no connection to the server");
    socket = socket_;
  }
  return SendOn(socket->get(), message, fd_to_pass);
}

Status ControlLink::SendOn(int socket, const Json& message, int fd_to_pass) {
  const std::lock_guard lock(send_mutex_);
  const Status sent = SendFrame(socket, message, fd_to_pass);
  // Half a frame may be out: only a new connection helps. The reader notices.
  if (!sent.ok()) ::shutdown(socket, SHUT_RDWR);
  return sent;
}

void ControlLink::Run() {
  milliseconds pause = options_.first_pause;
  while (true) {
    if (Serve()) pause = options_.first_pause;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, pause, [this] { return stopping_ || refused_; })) return;
    pause = std::min(pause * 2, options_.last_pause);
  }
}

bool ControlLink::Serve() {
  Result<UniqueFd> dialled = http::ConnectUnix(options_.socket_path, options_.welcome_timeout);
  if (!dialled.ok()) return false;
  const auto socket = std::make_shared<UniqueFd>(std::move(*dialled));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    socket_ = socket;
  }
  bool welcomed = false;
  const Status ended = Converse(socket->get(), &welcomed);
  LogDebug("agent", fmt::format("the connection to the server ended: {}", ended.ToString()));
  {
    const std::lock_guard lock(mutex_);
    socket_.reset();
    welcomed_ = false;
  }
  if (welcomed && handlers_.on_disconnected) handlers_.on_disconnected();
  return welcomed;
}

Status ControlLink::Converse(int socket, bool* welcomed) {
  const Json hello =
      Json::Object({{"type", "hello"}, {"instance", options_.instance}, {"token", options_.token}});
  RETURN_IF_ERROR(SendOn(socket, hello, -1));
  const auto welcome_deadline = steady_clock::now() + options_.welcome_timeout;
  auto next_ping = steady_clock::now() + options_.ping_interval;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || refused_) return Cancelled("stopping");
    }
    if (!*welcomed && steady_clock::now() >= welcome_deadline)
      return DeadlineExceeded("the server did not answer hello");
    if (*welcomed && steady_clock::now() >= next_ping) {
      RETURN_IF_ERROR(SendOn(socket, Json::Object({{"type", "ping"}}), -1));
      next_ping = steady_clock::now() + options_.ping_interval;
    }
    Result<Frame> frame = ReceiveFrame(socket, Until(*welcomed ? next_ping : welcome_deadline));
    if (!frame.ok()) {
      if (frame.status().code() == Code::kDeadlineExceeded) continue;
      return frame.status();
    }
    Handle(frame->message, welcomed);
  }
}

void ControlLink::Handle(const Json& message, bool* welcomed) {
  const std::string type = message.GetString("type");
  if (type == "refused") {
    const std::string reason = message.GetString("reason");
    LogError("agent", fmt::format("the server refused this instance: {}", reason));
    {
      const std::lock_guard lock(mutex_);
      refused_ = true;
    }
    if (handlers_.on_refused) handlers_.on_refused(reason);
  } else if (type == "welcome") {
    *welcomed = true;
    {
      const std::lock_guard lock(mutex_);
      welcomed_ = true;
    }
    if (handlers_.on_welcome)
      handlers_.on_welcome(Number(message, "log_sequence"), Number(message, "report_number"));
  } else if (!*welcomed) {
    LogWarning("agent", fmt::format("'{}' before the welcome is ignored", type));
  } else if (type == "logs_ack") {
    if (handlers_.on_logs_ack) handlers_.on_logs_ack(Number(message, "sequence"));
  } else if (type == "report_ack") {
    if (handlers_.on_report_ack) handlers_.on_report_ack(Number(message, "number"));
  } else if (type == "dial") {
    if (handlers_.on_dial)
      handlers_.on_dial(message.GetInt("id"), static_cast<int>(message.GetInt("port")));
  } else if (type == "stop") {
    if (handlers_.on_stop) handlers_.on_stop(message.GetString("reason"));
  } else if (type != "pong") {
    // A newer server may say more; what an agent does not know it does not need.
    LogDebug("agent", fmt::format("unknown message '{}' is ignored", type));
  }
}

}  // namespace sagebrush::agent
