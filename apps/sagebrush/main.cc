// SPDX-License-Identifier: Apache-2.0
// sagebrush: the server and the command line.
#include <cstdio>
#include <cstring>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/disk_command.h"
#include "apps/sagebrush/doctor_command.h"
#include "apps/sagebrush/down_command.h"
#include "apps/sagebrush/env_command.h"
#include "apps/sagebrush/run_command.h"
#include "apps/sagebrush/server_command.h"
#include "orchestrator/backends/process/sandbox.h"

namespace {

constexpr char kVersion[] = "sagebrush 0.1.0";
constexpr int kUsage = 2;  // as shells and getopt's programs have it

}  // namespace

int main(int argc, char** argv) {
  // The keeper of a sandbox (orchestrator/backends/process/sandbox.h): started by the server only, so it stays out of the help.
  if (argc == 2 && std::strcmp(argv[1], "sandbox") == 0)
    return sagebrush::orchestrator::RunSandboxKeeper();

  CLI::App app("SageMaker's workflow on machines you own", "sagebrush");
  app.require_subcommand(1);
  int exit_code = 0;
  sagebrush::apps::AddServerCommand(app, &exit_code);
  sagebrush::apps::AddEnvCommand(app, &exit_code);
  sagebrush::apps::AddRunCommand(app, &exit_code);
  sagebrush::apps::AddDownCommand(app, &exit_code);
  sagebrush::apps::AddDoctorCommand(app, &exit_code);
  sagebrush::apps::AddDiskCommand(app, &exit_code);
  sagebrush::apps::AddGcCommand(app, &exit_code);
  sagebrush::apps::AddOperationsCommand(app, &exit_code);
  app.add_subcommand("version", "print the version")->callback([] { std::puts(kVersion); });
  app.set_version_flag("--version", kVersion);
  const auto is_named = [&](CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_named).empty()) {
    std::fprintf(stderr,
                 "sagebrush: there is no command '%s'; sagebrush --help lists those there are.\n",
                 argv[1]);
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;  // CLI11's own numbers are nobody's custom
  }
  return exit_code;
}
