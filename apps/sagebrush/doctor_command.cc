// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/doctor_command.h"

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/doctor.h"
#include "apps/sagebrush/report.h"

namespace sagebrush::apps {

void AddDoctorCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("doctor", "say what this machine lacks, and what to do");
  const auto options = std::make_shared<ServerOptions>();
  const auto as_json = std::make_shared<bool>(false);
  AddPathOptions(command, options.get());
  AddIsolationOption(command, options.get());
  const auto listen = std::make_shared<std::string>("127.0.0.1:7070");
  command->add_option("--listen", *listen, "ADDRESS:PORT that a server would have")
      ->capture_default_str();
  command->add_flag("--json", *as_json, "one JSON document");
  command->callback([=] {
    // A catalogue or a kit that is not found is told by `server`; the machine can be looked at without.
    (void)FillPaths(options.get());
    if (const Status parsed = ParseListen(*listen, options.get()); !parsed.ok()) {
      *exit_code = Report(parsed);
      return;
    }
    const auto findings = Examine(*options, Clock::System());
    std::fputs((*as_json ? ToJson(findings).Dump() + "\n" : ToText(findings)).c_str(), stdout);
    *exit_code = HasProblem(findings) ? 1 : 0;
  });
}

}  // namespace sagebrush::apps
