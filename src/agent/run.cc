// SPDX-License-Identifier: Apache-2.0
#include "agent/run.h"

#include <fmt/format.h>
#include <signal.h>

#include "agent/memory_watch.h"
#include "agent/user_environment.h"
#include "base/file.h"

namespace sagebrush::agent {

using std::chrono::steady_clock;

Outcome Outcome::Failed(const Status& status) {
  const std::string& message = status.message();
  const bool is_reason =
      message.starts_with("ClientError:") || message.starts_with("AlgorithmError:");
  return {.phase = "Failed", .failure = is_reason ? message : "InternalServerError: " + message};
}

Json Outcome::ToMembers() const {
  Json members = Json::Object();
  if (!message.empty()) members["message"] = message;
  if (!failure.empty()) members["failure"] = failure;
  if (exit_code) members["exit_code"] = *exit_code;
  return members;
}

TimeLimit::TimeLimit(std::chrono::seconds limit, StopSignal* stop) {
  if (limit.count() == 0) return;
  thread_ = std::thread([this, stop, end = steady_clock::now() + limit] {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, end, [this] { return over_; })) stop->Request(kReason);
  });
}

TimeLimit::~TimeLimit() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

ResourceWatch WatchResources(const Surroundings& around) {
  return ResourceWatch({.folder = around.paths.ml},
                       [&around](const Json& message) { around.session.SendOnce(message); });
}

Result<std::unique_ptr<ApiForwarder>> StartForwarder(const Surroundings& around) {
  if (!around.order.network) return std::unique_ptr<ApiForwarder>();
  return ApiForwarder::Start(
      {.api_socket = around.paths.api_socket, .port = around.order.api_port});
}

Result<std::unique_ptr<UserProcess>> StartProgram(const Surroundings& around) {
  RETURN_IF_ERROR(MakeFolders(around.scratch(), 0700));
  UserProcess::Command command;
  command.argv = around.order.command;
  command.environment = UserEnvironment(around.order, around.paths, around.command_file().string());
  command.working_directory = around.order.working_directory.empty()
                                  ? around.paths.code().string()
                                  : around.order.working_directory;
  Result<std::unique_ptr<UserProcess>> process = UserProcess::Start(
      command, [&around](std::string line) { around.session.Log(std::move(line)); },
      [&around] { around.stop.Wake(); });
  if (!process.ok()) {
    return Status(process.status().code(),
                  fmt::format("AlgorithmError: {}, exit code: 127", process.status().message()));
  }
  return process;
}

ProgramEnd WaitForEnd(UserProcess* process, const Surroundings& around) {
  std::optional<MemoryWatch> watch;
  if (around.order.memory_limit_bytes > 0)
    watch.emplace(around.order.memory_limit_bytes, [&] { process->SignalGroup(SIGKILL); });
  const auto has_ended = [&] { return process->exit_status().has_value(); };
  constexpr auto kForever = std::chrono::hours(24 * 365);
  while (!around.stop.WaitUntil(steady_clock::now() + kForever,
                                [&] { return has_ended() || around.stop.requested(); })) {
  }
  ProgramEnd end;
  end.stopped = !has_ended();
  if (end.stopped) {
    around.session.Report("Stopping", Json::Object({{"message", around.stop.reason()}}));
    StopProgram(process, around);
  } else {
    process->Finish();
  }
  end.exceeded_memory = watch && watch->exceeded();
  end.exit = process->exit_status().value_or(ExitStatus{});
  return end;
}

void StopProgram(UserProcess* process, const Surroundings& around) {
  const auto has_ended = [&] { return process->exit_status().has_value(); };
  // Nobody is there to read what a refused instance still does.
  if (!around.session.refused()) {
    process->SignalGroup(SIGTERM);
    around.stop.WaitUntil(steady_clock::now() + around.order.stop_grace, has_ended);
  }
  if (!has_ended()) process->SignalGroup(SIGKILL);
  process->Finish();
}

}  // namespace sagebrush::agent
