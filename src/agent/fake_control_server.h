// SPDX-License-Identifier: Apache-2.0
// For tests: the server's side of the control socket, scripted. It keeps what a real server would keep on its disk (lines and
// reports by number) over Kill() and Start(), as a killed and restarted server does. Any thread may call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/fd.h"
#include "base/frame.h"
#include "base/json.h"

namespace sagebrush::agent {

// A unix socket that listens at `path`, which is made anew.
inline UniqueFd ListenAt(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  SAGEBRUSH_CHECK(path.native().size() < sizeof address.sun_path, "a test's socket path is short");
  std::memcpy(address.sun_path, path.c_str(), path.native().size() + 1);
  SAGEBRUSH_CHECK(
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
      "bind");
  SAGEBRUSH_CHECK(::listen(socket.get(), 64) == 0, "listen");
  return socket;
}

class FakeControlServer {
 public:
  FakeControlServer(std::filesystem::path path, std::string instance, std::string token)
      : path_(std::move(path)), instance_(std::move(instance)), token_(std::move(token)) {}
  ~FakeControlServer() { Kill(); }

  void Start() {
    const std::lock_guard lock(mutex_);
    up_ = true;
    listener_ = ListenAt(path_);
    acceptor_ = std::thread([this, fd = listener_.get()] { Accept(fd); });
  }

  // Cuts everything at once, as SIGKILL does; what was stored stays.
  void Kill() {
    std::list<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      up_ = false;
      if (listener_.valid()) ::shutdown(listener_.get(), SHUT_RDWR);
      for (const auto& socket : sockets_) ::shutdown(socket->get(), SHUT_RDWR);
    }
    changed_.notify_all();
    if (acceptor_.joinable()) acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      threads.swap(conversations_);
    }
    for (std::thread& thread : threads) thread.join();
    const std::lock_guard lock(mutex_);
    sockets_.clear();
    listener_.Reset();
    current_ = nullptr;
  }

  // The next batch of lines is stored, and the connection is cut before it is acknowledged.
  void CutBeforeNextAck() {
    const std::lock_guard lock(mutex_);
    cut_before_ack_ = true;
  }
  void RefuseEverybody() {
    const std::lock_guard lock(mutex_);
    refuse_ = true;
  }
  // While held, lines are neither stored nor acknowledged.
  void HoldLogs(bool hold) {
    {
      const std::lock_guard lock(mutex_);
      hold_logs_ = hold;
    }
    changed_.notify_all();
  }

  void Send(const Json& message) {
    const std::lock_guard lock(mutex_);
    SAGEBRUSH_CHECK(current_ != nullptr, "an agent is connected");
    (void)SendFrame(current_->get(), message);
  }

  // The socket that the agent passed for this dial, or the error's text.
  std::pair<UniqueFd, std::string> Dial(int port) {
    std::unique_lock lock(mutex_);
    const std::int64_t id = ++last_dial_;
    (void)SendFrame(current_->get(), Json::Object({{"type", "dial"}, {"id", id}, {"port", port}}));
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return dialled_.count(id) != 0; }))
      return {UniqueFd(), "no answer"};
    return std::move(dialled_[id]);
  }

  bool WaitForPhase(const std::string& phase) {
    return WaitUntil([&] { return !phases_.empty() && HasPhase(phase); });
  }
  bool WaitForLine(const std::string& part) {
    return WaitUntil([&] {
      for (const auto& [at, line] : lines_) {
        if (line.find(part) != std::string::npos) return true;
      }
      return false;
    });
  }
  bool WaitForConnection() {
    return WaitUntil([&] { return current_ != nullptr; });
  }

  std::vector<std::string> Lines() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> texts;
    for (const auto& [at, line] : lines_) texts.push_back(line);
    return texts;
  }
  std::vector<std::string> Phases() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const Json& report : phases_) {
      if (!report.Has("progress")) names.push_back(report.GetString("phase"));
    }
    return names;
  }
  Json LastReport() {
    const std::lock_guard lock(mutex_);
    return phases_.empty() ? Json::Object() : phases_.back();
  }
  int connections() {
    const std::lock_guard lock(mutex_);
    return connections_;
  }
  int batches() {
    const std::lock_guard lock(mutex_);
    return batches_;
  }

 private:
  template <typename Condition>
  bool WaitUntil(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }

  bool HasPhase(const std::string& phase) const {
    for (const Json& report : phases_) {
      if (report.GetString("phase") == phase) return true;
    }
    return false;
  }

  void Accept(int listener) {
    while (true) {
      auto socket = std::make_shared<UniqueFd>(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket->valid()) return;
      const std::lock_guard lock(mutex_);
      if (!up_) return;
      sockets_.push_back(socket);
      conversations_.emplace_back([this, socket] { Converse(socket); });
    }
  }

  void Converse(const std::shared_ptr<UniqueFd>& socket) {
    bool known = false;
    while (true) {
      Result<Frame> frame = ReceiveFrame(socket->get(), std::chrono::seconds(30));
      if (!frame.ok()) break;
      std::unique_lock lock(mutex_);
      if (!up_) break;
      const Json& message = frame->message;
      const std::string type = message.GetString("type");
      if (type == "hello") {
        known = !refuse_ && message.GetString("instance") == instance_ &&
                message.GetString("token") == token_;
        if (!known) {
          (void)SendFrame(socket->get(),
                          Json::Object({{"type", "refused"}, {"reason", "wrong token"}}));
          break;
        }
        ++connections_;
        current_ = socket;
        (void)SendFrame(socket->get(), Json::Object({{"type", "welcome"},
                                                     {"log_sequence", lines_.size()},
                                                     {"report_number", phases_.size()}}));
      } else if (!known) {
        break;
      } else if (type == "logs") {
        changed_.wait(lock, [&] { return !hold_logs_ || !up_; });
        if (!up_) break;
        Store(message);
        ++batches_;
        if (cut_before_ack_) {
          cut_before_ack_ = false;
          ::shutdown(socket->get(), SHUT_RDWR);
        } else {
          (void)SendFrame(socket->get(),
                          Json::Object({{"type", "logs_ack"}, {"sequence", lines_.size()}}));
        }
      } else if (type == "report") {
        const auto number = static_cast<std::size_t>(message.GetInt("number"));
        SAGEBRUSH_CHECK(number <= phases_.size() + 1, "no report is skipped");
        if (number == phases_.size() + 1) phases_.push_back(message);
        (void)SendFrame(socket->get(), Json::Object({{"type", "report_ack"}, {"number", number}}));
      } else if (type == "dialled" || type == "dial_failed") {
        dialled_[message.GetInt("id")] = {std::move(frame->fd), message.GetString("error")};
      } else if (type == "ping") {
        (void)SendFrame(socket->get(), Json::Object({{"type", "pong"}}));
      }
      changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    if (current_ == socket) current_ = nullptr;
    ::shutdown(socket->get(), SHUT_RDWR);
    changed_.notify_all();
  }

  void Store(const Json& message) {
    auto sequence = static_cast<std::size_t>(message.GetInt("first"));
    SAGEBRUSH_CHECK(sequence <= lines_.size() + 1, "no line is skipped");
    for (const Json& event : message.Find("events")->AsArray()) {
      if (sequence == lines_.size() + 1)
        lines_.emplace_back(event.AsArray()[0].AsInt(), event.AsArray()[1].AsString());
      ++sequence;
    }
  }

  const std::filesystem::path path_;
  const std::string instance_;
  const std::string token_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool up_ = false;
  bool refuse_ = false;
  bool cut_before_ack_ = false;
  bool hold_logs_ = false;
  int connections_ = 0;
  int batches_ = 0;
  std::int64_t last_dial_ = 0;
  UniqueFd listener_;
  std::thread acceptor_;
  std::list<std::thread> conversations_;
  std::list<std::shared_ptr<UniqueFd>> sockets_;
  std::shared_ptr<UniqueFd> current_;
  std::vector<std::pair<std::int64_t, std::string>> lines_;
  std::vector<Json> phases_;
  std::map<std::int64_t, std::pair<UniqueFd, std::string>> dialled_;
};

}  // namespace sagebrush::agent
