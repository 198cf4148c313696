// SPDX-License-Identifier: Apache-2.0
#include "agent/hosting_run.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <signal.h>

#include "agent/channels.h"
#include "agent/failure_text.h"
#include "agent/memory_watch.h"
#include "agent/ml_folder.h"
#include "agent/role_credentials.h"
#include "agent/s3_client.h"
#include "base/file.h"
#include "base/strings.h"
#include "http/client.h"

namespace sagebrush::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPause(10);
constexpr milliseconds kLastPause(250);
constexpr milliseconds kPingTimeout(2000);  // SageMaker gives /ping two seconds

// AWS's sentences of an endpoint whose model cannot be had; S3's own words follow.
Status ModelError(const Status& status, const std::string& uri) {
  if (status.ok() || status.code() == Code::kCancelled) return status;
  if (status.message().starts_with("ClientError: cannot unpack")) {
    return Status(
        status.code(),
        fmt::format(
            "ClientError: Failed to extract model data archive for container \"container_1\" from "
            "URL \"{}\". "
            "Please ensure that the object located at the URL is a valid tar.gz archive. ({})",
            uri, status.message().substr(std::string_view("ClientError: ").size())));
  }
  return Status(status.code(), fmt::format("ClientError: Failed to download model data for "
                                           "container \"container_1\" from URL: \"{}\". Please "
                                           "ensure that there is an object located at the URL and "
                                           "that the role passed to CreateModel has "
                                           "permissions to download the object. ({})",
                                           uri, status.message()));
}

bool Ping(int port) {
  Result<UniqueFd> socket = http::ConnectTcp("127.0.0.1", port, kPingTimeout);
  if (!socket.ok()) return false;
  http::ClientConnection connection(std::move(*socket), kPingTimeout);
  http::Request request;
  request.method = "GET";
  request.target = "/ping";
  request.headers.Add("Host", fmt::format("localhost:{}", port));
  request.headers.Add("Connection", "close");
  const Result<http::Response> response = connection.Call(request, "", 1 << 20);
  return response.ok() && response->status == 200;
}

// What to say of a server that is not there (any more): how it ended and its last lines.
Outcome DeadServer(const Surroundings& around, const UserProcess& process, const std::string& how,
                   bool out_of_memory) {
  const ExitStatus exit = process.exit_status().value_or(ExitStatus{});
  std::string text = fmt::format("AlgorithmError: {}", how);
  if (out_of_memory) {
    text += fmt::format(": it used more than the {} MiB of memory it has",
                        around.order.memory_limit_bytes >> 20);
  }
  const std::string lines(Trim(Join(process.LastLines(), "\n")));
  if (!lines.empty())
    text += ". Its last lines:\n" + KeepEnds(lines, kMaxFailureCharacters - 200, 0);
  return {.phase = "Failed",
          .failure = KeepEnds(text, kMaxFailureCharacters, 200),
          .exit_code = exit.code};
}

Outcome ServeUntilTheEnd(const Surroundings& around) {
  Result<std::unique_ptr<UserProcess>> started = StartProgram(around);
  if (!started.ok()) return Outcome::Failed(started.status());
  UserProcess& process = **started;
  std::optional<MemoryWatch> watch;
  if (around.order.memory_limit_bytes > 0)
    watch.emplace(around.order.memory_limit_bytes, [&] { process.SignalGroup(SIGKILL); });

  const auto is_over = [&] { return process.exit_status().has_value() || around.stop.requested(); };
  const auto startup_deadline = steady_clock::now() + around.order.startup_timeout;
  bool ready = false;
  milliseconds pause = kFirstPause;
  while (!is_over() && !ready && steady_clock::now() < startup_deadline) {
    ready = Ping(around.paths.serving_port);
    if (!ready) around.stop.WaitUntil(steady_clock::now() + pause, is_over);
    pause = std::min(pause * 2, kLastPause);
  }
  if (ready) {
    around.session.Report("Ready");
    while (!around.stop.WaitUntil(steady_clock::now() + std::chrono::hours(24), is_over)) {
    }
  }

  const bool died = process.exit_status().has_value();
  const bool stopped = !died && around.stop.requested();
  StopProgram(&process, around);
  if (stopped) return Outcome::Stopped(around.stop.reason());
  if (died) {
    const ExitStatus exit = process.exit_status().value_or(ExitStatus{});
    const std::string how =
        exit.signal != 0 ? fmt::format("the model server was ended by signal {}", exit.signal)
                         : fmt::format("the model server ended with exit code {}", exit.code);
    return DeadServer(around, process, how, watch && watch->exceeded());
  }
  return DeadServer(around, process,
                    fmt::format("the model server did not pass the ping health check within {} s",
                                around.order.startup_timeout.count()),
                    false);
}

}  // namespace

Outcome RunHosting(const Surroundings& around) {
  const ResourceWatch resources = WatchResources(around);
  for (const std::string& line : around.order.first_log_lines) around.session.Log(line);
  around.session.Report("Downloading");
  const Status made = MakeMlFolder(around.order, around.paths);
  if (!made.ok()) return Outcome::Failed(made);
  if (!around.order.model_data.empty()) {
    const std::string socket = around.paths.api_socket.string();
    RoleCredentials credentials(socket, around.order.token, around.clock);
    S3Client s3({.api_socket = socket, .token = around.order.token, .region = around.order.region},
                &credentials, &around.stop, around.clock);
    const std::string& uri = around.order.model_data;
    const Status fetched = ModelError(
        FetchArchive(uri, around.paths.model(), around.scratch(), "model data", &s3), uri);
    if (around.stop.requested()) return Outcome::Stopped(around.stop.reason());
    if (!fetched.ok()) return Outcome::Failed(fetched);
    std::error_code error;
    if (std::filesystem::exists(around.paths.model() / "code/inference.py", error))
      around.session.Log(
          "Sagebrush: this model's code/inference.py is NOT run: its handlers neither see the "
          "requests nor the predictions, which are the model's own");
  }
  const Result<std::unique_ptr<ApiForwarder>> forwarder = StartForwarder(around);
  if (!forwarder.ok()) return Outcome::Failed(forwarder.status());
  around.session.Report("Starting");
  return ServeUntilTheEnd(around);
}

}  // namespace sagebrush::agent
