// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/env_command.h"

#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/server_options.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "iam/identity.h"

extern char** environ;

namespace sagebrush::apps {

namespace {

constexpr std::chrono::hours kCredentialLife{7 * 24};
// get_execution_role() of the SDKs turns assumed-role/AmazonSageMaker-ExecutionRole-…/SageMaker
// back into the role.
constexpr char kSessionName[] = "SageMaker";

Result<std::string> ServerAddress(const fs::path& data_folder) {
  const std::string start = "start one with: sagebrush server --data-dir " + data_folder.string();
  const auto text = ReadFile(data_folder / "server.json");
  if (!text.ok())
    return FailedPrecondition("no server runs with the data folder " + data_folder.string() + "; " +
                              start);
  const auto json = Json::Parse(*text);
  const std::string address = json.ok() ? json->GetString("address") : "";
  if (address.empty())
    return DataLoss((data_folder / "server.json").string() +
                    " names no address; restart the server");
  if (!FileLock::IsHeld(data_folder / "lock"))
    std::fprintf(stderr, "sagebrush: the server of %s has stopped; %s\n", data_folder.c_str(),
                 start.c_str());
  return address;
}

// The first of the user's bundles that can be read, with our CA behind it.
Status WriteBundle(const fs::path& data_folder, const services::Environment& user,
                   const fs::path& bundle) {
  ASSIGN_OR_RETURN(const std::string ca, ReadFile(data_folder / "ca" / "ca.pem"));
  std::string users;
  for (const std::string& candidate : services::UserBundleCandidates(user, bundle.string())) {
    auto text = ReadFile(candidate);
    if (!text.ok() || text->empty())
      continue;  // a folder of certificates, or not there: the next one
    users = std::move(text).value();
    break;
  }
  const std::string merged = services::MergeBundles(users, ca);
  if (const auto old = ReadFile(bundle); old.ok() && *old == merged) return Status::Ok();
  RETURN_IF_ERROR(MakeFolders(bundle.parent_path()));
  return WriteFileDurably(bundle, merged);
}

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

services::Environment CurrentEnvironment() {
  services::Environment out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

Result<std::vector<services::EnvironmentChange>> ChangesFor(const fs::path& given_folder,
                                                            const services::Environment& current) {
  std::error_code error;
  const fs::path data_folder =
      fs::absolute(given_folder, error);  // the exports must hold in any folder
  if (error) return ErrnoStatus(error.value(), "cannot find " + given_folder.string());
  services::ClientSettings settings;
  ASSIGN_OR_RETURN(const auto identity, iam::IdentityFiles::Load(data_folder, Clock::System()));
  ASSIGN_OR_RETURN(settings.server_address, ServerAddress(data_folder));
  const fs::path bundle = data_folder / "client" / "ca-bundle.pem";
  RETURN_IF_ERROR(WriteBundle(data_folder, services::UserEnvironment(current), bundle));

  const auto& account = identity->account();
  const auto session = identity->MintSession(account.execution_role_name, account.execution_role_id,
                                             kSessionName, kCredentialLife);
  settings.region = account.region;
  settings.access_key = session.access_key;
  settings.secret_key = session.secret_key;
  settings.session_token = session.session_token;
  settings.ca_bundle = bundle.string();
  return services::EnterEnvironment(settings, current);
}

void AddEnvCommand(CLI::App& app, int* exit_code) {
  struct Options {
    fs::path data_folder = DefaultDataFolder();
    bool unset = false;
    std::string format = "sh";
  };
  auto* command = app.add_subcommand(
      "env", "print what a shell exports to reach the server: eval \"$(sagebrush env)\"");
  const auto options = std::make_shared<Options>();
  command->add_option("--data-dir", options->data_folder, "the server's data folder")
      ->capture_default_str();
  command->add_flag("--unset", options->unset, "take it all back");
  command->add_option("--format", options->format, "sh, fish or json")->capture_default_str();
  command->callback([=] {
    const Status status = Print(options->data_folder, options->unset, options->format);
    if (!status.ok()) std::fprintf(stderr, "sagebrush: %s\n", status.message().c_str());
    *exit_code = status.ok() ? 0 : 1;
  });
}

}  // namespace sagebrush::apps
