// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/down_command.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/control_plane.h"
#include "apps/sagebrush/report.h"
#include "apps/sagebrush/server_options.h"

namespace sagebrush::apps {

namespace {

constexpr std::chrono::milliseconds kPoll{50};
constexpr int kDownPolls = 1800;  // a minute and a half: an invocation under way may take one

// The running server ends its workloads best, since it knows them; without one, the data folder is opened for it.
Status Down(ServerOptions options) {
  if (!fs::exists(options.data_folder / "records.db"))
    return NotFound("there is no data folder at " + options.data_folder.string());
  const auto text = ReadFile(options.data_folder / "server.json");
  if (text.ok() && FileLock::IsHeld(options.data_folder / "lock")) {
    ASSIGN_OR_RETURN(const Json server, Json::Parse(*text));
    const auto pid = static_cast<pid_t>(server.GetInt("pid"));
    if (pid <= 1 || ::kill(pid, SIGINT) != 0)
      return Unavailable("cannot signal the server that runs there");
    for (int poll = 0; FileLock::IsHeld(options.data_folder / "lock"); ++poll) {
      if (poll == kDownPolls)
        return DeadlineExceeded("the server (process " + std::to_string(pid) + ") does not stop");
      std::this_thread::sleep_for(kPoll);
    }
    std::puts("stopped the server and every workload");
    return Status::Ok();
  }
  RETURN_IF_ERROR(FillPaths(&options));
  ASSIGN_OR_RETURN(const auto plane, ControlPlane::Open(options, Clock::System()));
  RETURN_IF_ERROR(plane->Shutdown());
  std::puts("stopped every workload (no server was running)");
  return Status::Ok();
}

}  // namespace

void AddDownCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("down", "stop the server and every workload");
  const auto options = std::make_shared<ServerOptions>();
  AddPathOptions(command, options.get());
  command->callback([=] { *exit_code = Report(Down(*options)); });
}

}  // namespace sagebrush::apps
