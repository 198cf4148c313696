// SPDX-License-Identifier: Apache-2.0
// ControlLink: the agent's side of the one connection to its server. It dials, says hello, waits for the welcome, and dials
// again with back-off for as long as the work goes on, because a server may stop, be killed or be upgraded under it.
// One thread reads; whoever must be heard sends from any thread and repeats what was not acknowledged after the next welcome.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/fd.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::agent {

class ControlLink {
 public:
  struct Options {
    std::string socket_path;
    std::string instance;
    std::string token;
    std::chrono::milliseconds first_pause{50};  // between dials, doubled up to the last
    std::chrono::milliseconds last_pause{1000};
    std::chrono::milliseconds ping_interval{5000};
    std::chrono::milliseconds welcome_timeout{10000};
  };

  // Called on the reading thread; they must not wait for the link.
  struct Handlers {
    std::function<void(std::uint64_t log_sequence, std::uint64_t report_number)> on_welcome;
    std::function<void()> on_disconnected = {};  // after a welcome; before the next one
    std::function<void(std::uint64_t sequence)> on_logs_ack;
    std::function<void(std::uint64_t number)> on_report_ack;
    std::function<void(std::int64_t id, int port)> on_dial;
    std::function<void(const std::string& reason)> on_stop;
    std::function<void(const std::string& reason)> on_refused;  // the last call: the link gives up
  };

  ControlLink(Options options, Handlers handlers);
  ~ControlLink();
  ControlLink(const ControlLink&) = delete;
  ControlLink& operator=(const ControlLink&) = delete;

  void Start();
  void Stop();  // idempotent; not from a handler

  // kUnavailable while there is no welcomed connection.
  Status Send(const Json& message, int fd_to_pass = -1);

 private:
  void Run();
  // One connection from dial to its end; true if it was welcomed.
  bool Serve();
  Status Converse(int socket, bool* welcomed);
  void Handle(const Json& message, bool* welcomed);
  Status SendOn(int socket, const Json& message, int fd_to_pass);

  const Options options_;
  const Handlers handlers_;

  std::mutex send_mutex_;  // one frame at a time on the socket; taken before mutex_, never after
  std::mutex mutex_;       // guards all below
  std::condition_variable changed_;
  std::shared_ptr<UniqueFd> socket_;  // shared with a sender, so that it is not closed under it
  bool welcomed_ = false;
  bool stopping_ = false;
  bool refused_ = false;

  std::thread thread_;
};

}  // namespace sagebrush::agent
