// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/run_command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/client_access.h"
#include "apps/sagebrush/env_command.h"
#include "apps/sagebrush/report.h"
#include "apps/sagebrush/server_options.h"
#include "base/file.h"

namespace sagebrush::apps {

namespace {

// As a shell answers: not there, or there and not to be run.
constexpr int kNotFoundCode = 127;
constexpr int kNotRunnableCode = 126;
constexpr int kUsageCode = 2;

// Returns only if the command cannot be started.
int Run(const fs::path& data_folder, const std::vector<std::string>& command) {
  const auto changes = ChangesFor(data_folder, CurrentEnvironment());
  if (!changes.ok()) return Report(changes.status());
  for (const auto& [name, value] : *changes) {
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));  // execvp changes none
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const int error = errno;
  std::fprintf(stderr, "sagebrush: cannot run %s: %s\n", command[0].c_str(), std::strerror(error));
  return error == ENOENT ? kNotFoundCode : kNotRunnableCode;
}

}  // namespace

void AddRunCommand(CLI::App& app, int* exit_code) {
  struct Options {
    fs::path data_folder = DefaultDataFolder();
    std::string program;
  };
  auto* command = app.add_subcommand(
      "run", "run a command whose AWS clients reach the server: sagebrush run -- python script.py");
  const auto options = std::make_shared<Options>();
  command->add_option("--data-dir", options->data_folder, "the server's data folder")
      ->capture_default_str();
  // The arguments are what is left over: as a list option CLI11 would take one like "[a,b]" apart.
  command->add_option("command", options->program, "the command; its arguments follow")->required();
  command->prefix_command();
  command->callback([=] {
    std::vector<std::string> arguments = command->remaining();
    const bool is_marked = !arguments.empty() && arguments.front() == "--";
    if (is_marked) arguments.erase(arguments.begin());
    const bool has_flags = std::ranges::any_of(
        arguments, [](const std::string& argument) { return argument.starts_with('-'); });
    if (has_flags && !is_marked) {
      std::fprintf(stderr,
                   "sagebrush: put -- before the command, so that its options are not taken for "
                   "ours: sagebrush run -- %s …\n",
                   options->program.c_str());
      *exit_code = kUsageCode;
      return;
    }
    arguments.insert(arguments.begin(), options->program);
    *exit_code = Run(options->data_folder, arguments);
  });
}

}  // namespace sagebrush::apps
