// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/env_command.h"

#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/client_access.h"
#include "apps/sagebrush/env_install.h"
#include "apps/sagebrush/report.h"
#include "apps/sagebrush/server_options.h"
#include "base/file.h"

namespace sagebrush::apps {

namespace {

constexpr std::chrono::hours kCredentialLife{7 * 24};

Status Print(const fs::path& data_folder, bool unset, const std::string& format_name) {
  ASSIGN_OR_RETURN(const auto format, services::ParseShellFormat(format_name));
  const auto current = CurrentEnvironment();
  std::vector<services::EnvironmentChange> changes;
  if (unset) {
    changes = services::LeaveEnvironment(current);
  } else {
    ASSIGN_OR_RETURN(changes, ChangesFor(data_folder, current));
  }
  const std::string text = services::FormatChanges(changes, format);
  if (!text.empty() && text != "{}\n" && ::isatty(STDOUT_FILENO) != 0)
    std::fprintf(stderr, "# To set these in this shell: eval \"$(sagebrush env%s)\"\n",
                 unset ? " --unset" : "");
  std::fputs(text.c_str(), stdout);
  return Status::Ok();
}

}  // namespace

Result<std::vector<services::EnvironmentChange>> ChangesFor(const fs::path& data_folder,
                                                            const services::Environment& current) {
  ASSIGN_OR_RETURN(const ClientAccess access,
                   OpenClientAccess(data_folder, services::UserEnvironment(current)));
  ASSIGN_OR_RETURN(const auto session, MintCredentials(access.data_folder, kCredentialLife));
  return services::EnterEnvironment({.server_address = access.address,
                                     .region = access.region,
                                     .access_key = session.access_key,
                                     .secret_key = session.secret_key,
                                     .session_token = session.session_token,
                                     .ca_bundle = access.ca_bundle.string()},
                                    current);
}

void AddEnvCommand(CLI::App& app, int* exit_code) {
  struct Options {
    fs::path data_folder = DefaultDataFolder();
    bool unset = false;
    bool install = false;
    bool uninstall = false;
    bool credential_process = false;
    std::string profile = kDefaultProfile;
    std::string format = "sh";
  };
  auto* command = app.add_subcommand(
      "env", "print what a shell exports to reach the server: eval \"$(sagebrush env)\"");
  const auto options = std::make_shared<Options>();
  command->add_option("--data-dir", options->data_folder, "the server's data folder")
      ->capture_default_str();
  auto* what = command->add_option_group("what", "instead of printing exports");
  what->add_flag("--unset", options->unset, "print what takes it all back");
  auto* install = what->add_flag("--install", options->install,
                                 "write a profile that any AWS client may use into ~/.aws");
  what->add_flag("--uninstall", options->uninstall, "put ~/.aws back as it was");
  what->add_flag("--credential-process", options->credential_process,
                 "print credentials for an hour, as the installed profile asks for them");
  what->require_option(0, 1);
  command->add_option("--profile", options->profile, "the profile to install")
      ->capture_default_str()
      ->needs(install);
  command->add_option("--format", options->format, "sh, fish or json")->capture_default_str();
  command->callback([=] {
    const Options& chosen = *options;
    const Status status = chosen.install     ? InstallProfile(chosen.data_folder, chosen.profile)
                          : chosen.uninstall ? UninstallProfile()
                          : chosen.credential_process
                              ? PrintProcessCredentials(chosen.data_folder)
                              : Print(chosen.data_folder, chosen.unset, chosen.format);
    *exit_code = Report(status);
  });
}

}  // namespace sagebrush::apps
