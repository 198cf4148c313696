// SPDX-License-Identifier: Apache-2.0
// What both kinds of run share: their surroundings, their outcome, and the way a program is watched and stopped.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "agent/api_forwarder.h"
#include "agent/paths.h"
#include "agent/resource_watch.h"
#include "agent/session.h"
#include "agent/stop_signal.h"
#include "agent/user_process.h"
#include "agent/work_order.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::agent {

struct Surroundings {
  const WorkOrder& order;
  const Paths& paths;
  const Clock& clock;
  StopSignal& stop;
  Session& session;

  // Ours alone, on the same disk as /opt/ml: archives on their way, the launcher's note.
  std::filesystem::path scratch() const { return paths.ml / ".sagebrush"; }
  std::filesystem::path command_file() const { return scratch() / "command"; }
};

// How a run ended, as its last report says it.
struct Outcome {
  std::string phase = {};  // Completed, Failed, Stopped
  std::string failure = {};
  std::string message = {};
  std::optional<int> exit_code = {};

  static Outcome Completed() { return {.phase = "Completed", .exit_code = 0}; }
  static Outcome Stopped(std::string reason) {
    return {.phase = "Stopped", .message = std::move(reason)};
  }
  // Of a Status whose message is a FailureReason already, or else is our own trouble.
  static Outcome Failed(const Status& status);
  Json ToMembers() const;
};

// Requests a stop once a run has lasted too long.
class TimeLimit {
 public:
  static constexpr const char* kReason = "MaxRuntimeExceeded";
  TimeLimit(std::chrono::seconds limit, StopSignal* stop);  // 0: no limit
  ~TimeLimit();

 private:
  std::mutex mutex_;  // guards over_
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

// Tells the server what the instance uses, until it is destroyed.
ResourceWatch WatchResources(const Surroundings& around);
// The loopback port for user code, if the order has one.
Result<std::unique_ptr<ApiForwarder>> StartForwarder(const Surroundings& around);
// Starts the order's command; its lines go to the session, its end wakes `stop`'s waiters.
Result<std::unique_ptr<UserProcess>> StartProgram(const Surroundings& around);
// How a job's program, or its installer, came to its end.
struct ProgramEnd {
  bool stopped = false;          // because it was asked to
  bool exceeded_memory = false;  // the order's limit, as the agent's own watch saw it
  ExitStatus exit;
};
// Waits until the program has ended or a stop is asked for, which is reported at once and then done; nothing of it is left.
ProgramEnd WaitForEnd(UserProcess* process, const Surroundings& around);
// SIGTERM to the group, the grace, SIGKILL; returns when nothing of it is left.
void StopProgram(UserProcess* process, const Surroundings& around);

}  // namespace sagebrush::agent
