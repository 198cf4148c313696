// SPDX-License-Identifier: Apache-2.0
#include "agent/install_run.h"

#include <chrono>
#include <fmt/format.h>

#include "agent/failure_text.h"
#include "agent/package_cache.h"
#include "agent/requirements.h"
#include "agent/user_environment.h"
#include "base/archive.h"
#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMaxRequirementsBytes = 1 << 20;

// Checkpoints are the job's own files too, and come where it says: only their usual place is known to be none that pip reads.
bool AreCheckpointsAside(const Surroundings& around) {
  if (around.order.checkpoint_uri.empty()) return true;
  const auto place = std::filesystem::path(around.order.checkpoint_path).lexically_normal();
  const auto usual = (around.paths.ml / "checkpoints").lexically_normal();
  return place == usual || place.native().starts_with(usual.native() + "/");
}

std::optional<std::string> KeyOf(const Surroundings& around, const std::string& requirements) {
  if (!AreCheckpointsAside(around)) return std::nullopt;
  return PackageSetKey({.requirements = requirements,
                        .runtime = around.order.runtime,
                        .machine_environment = around.order.machine_environment,
                        .environment = around.order.environment,
                        .day = FormatIso8601(around.clock.Now()).substr(0, 10)});
}

// `python -m pip` imports from the folder it runs in. What others will get is therefore installed from a folder that holds
// the requirements and nothing else of the job's; only files that name the code's own need its folder.
Result<std::filesystem::path> MakeAsideFolder(const Surroundings& around,
                                              const std::string& requirements) {
  const std::filesystem::path folder = around.scratch() / "requirements";
  RETURN_IF_ERROR(RemoveTree(folder));
  RETURN_IF_ERROR(MakeFolders(folder, 0700));
  RETURN_IF_ERROR(WriteFile(folder / "requirements.txt", requirements));
  return folder;
}

// Of a cached archive, if there is a whole one. What is half unpacked is removed.
bool Reuse(const Surroundings& around, const PackageCache& cache, const std::string& key) {
  const std::filesystem::path archive = around.scratch() / "packages.tar.gz";
  const std::filesystem::path folder = around.paths.packages();
  Status reused = cache.Fetch(key, archive);
  if (reused.ok()) reused = MakeFolders(folder);
  if (reused.ok()) reused = UnpackArchive(archive, folder);
  (void)RemoveTree(archive);  // the scratch folder goes at the end anyway
  if (reused.ok()) return true;
  if (reused.code() != Code::kNotFound)
    LogWarning("agent", "cached packages are not used: " + reused.message());
  (void)RemoveTree(folder);
  return false;
}

// The next job is then quicker; this one needs nothing of it.
void Keep(const Surroundings& around, const PackageCache& cache, const std::string& key) {
  if (!std::filesystem::exists(around.paths.packages())) return;  // all was there already
  const std::filesystem::path archive = around.scratch() / "packages.tar.gz";
  Status kept = PackArchive(around.paths.packages(), archive);
  if (kept.ok()) kept = cache.Store(key, archive);
  (void)RemoveTree(archive);
  if (!kept.ok()) LogWarning("agent", "the packages are not cached: " + kept.message());
}

// In the form of AWS's training toolkit.
std::string InstallError(const Surroundings& around, const std::vector<std::string>& command,
                         const UserProcess& pip, bool out_of_memory) {
  const ExitStatus exit = pip.exit_status().value_or(ExitStatus{});
  std::vector<std::string> reasons;
  for (const std::string& line : pip.LastLines())
    if (line.starts_with("ERROR:")) reasons.push_back(line);
  std::string reason(Trim(Join(reasons.empty() ? pip.LastLines() : reasons, "\n")));
  if (out_of_memory) reason = "pip used more memory than the instance has";
  std::string advice;
  if (!around.order.network) {
    advice =
        "\nThis job has no network (EnableNetworkIsolation), so nothing can be fetched from an "
        "index: put wheels into the source directory and begin requirements.txt with \"--no-index "
        "--find-links .\", or leave the isolation off.";
  }
  const std::string head = fmt::format(
      "AlgorithmError: InstallRequirementsError:\nExitCode {}\n"
      "ErrorMessage \"",
      exit.code);
  const std::string tail =
      fmt::format("\"\nCommand \"{}\"{}, exit code: {}", Join(command, " "), advice, exit.code);
  const std::size_t used = head.size() + tail.size();
  const std::size_t room = used < kMaxFailureCharacters ? kMaxFailureCharacters - used : 0;
  return head + KeepEnds(reason, room, 0) + tail;
}

std::optional<Outcome> RunPip(const Surroundings& around, const std::filesystem::path& folder) {
  UserProcess::Command command;
  command.argv = around.order.install_command;
  command.working_directory = folder.string();
  const std::filesystem::path temporary = around.scratch() / "tmp";
  if (const Status made = MakeFolders(temporary, 0700); !made.ok()) return Outcome::Failed(made);
  std::vector<std::string> environment = UserEnvironment(around.order, around.paths, "");
  environment.push_back("TMPDIR=" + temporary.string());  // /tmp is memory, and wheels are large
  if (!around.order.network) environment.push_back("PIP_RETRIES=0");  // nobody is there to try
  command.environment = std::move(environment);

  Result<std::unique_ptr<UserProcess>> started = UserProcess::Start(
      command, [&around](std::string line) { around.session.Log(std::move(line)); },
      [&around] { around.stop.Wake(); });
  if (!started.ok()) return Outcome::Failed(started.status());
  UserProcess& pip = **started;
  // Whatever a package's set-up has left running has ended then, before anything of it is packed for others.
  const ProgramEnd end = WaitForEnd(&pip, around);
  if (end.stopped) return Outcome::Stopped(around.stop.reason());
  (void)RemoveTree(temporary);
  if (end.exit.code == 0) return std::nullopt;
  return Outcome{.phase = "Failed",
                 .failure = InstallError(around, command.argv, pip, end.exceeded_memory),
                 .exit_code = end.exit.code};
}

}  // namespace

std::optional<Outcome> InstallRequirements(const Surroundings& around) {
  const std::filesystem::path file = around.paths.code() / "requirements.txt";
  std::error_code error;
  if (around.order.install_command.empty() || !std::filesystem::is_regular_file(file, error))
    return std::nullopt;
  if (std::filesystem::file_size(file, error) > kMaxRequirementsBytes)
    return Outcome::Failed(InvalidArgument("ClientError: requirements.txt is larger than 1 MiB"));
  const Result<std::string> text = ReadFile(file);
  if (!text.ok()) return Outcome::Failed(text.status());
  if (const Status made = MakeFolders(around.scratch(), 0700); !made.ok())
    return Outcome::Failed(made);

  const auto key = KeyOf(around, *text);
  const PackageCache cache(around.paths.api_socket.string(), around.order.token);
  const auto begin = steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
  };
  if (key && Reuse(around, cache, *key)) {
    around.session.Log(
        fmt::format("Sagebrush: requirements.txt: its packages were installed before and are here "
                    "again ({:.1f} s)",
                    seconds()));
    return std::nullopt;
  }
  around.session.Log(
      fmt::format("Sagebrush: requirements.txt is installed{}:",
                  key ? ""
                      : " (anew in each job, since it names more than packages of an index, or the "
                        "job's own settings could change what is installed)"));
  Result<std::filesystem::path> folder =
      key ? MakeAsideFolder(around, *text) : Result<std::filesystem::path>(around.paths.code());
  if (!folder.ok()) return Outcome::Failed(folder.status());
  if (auto ended = RunPip(around, *folder)) return ended;
  if (key) Keep(around, cache, *key);
  around.session.Log(fmt::format("Sagebrush: requirements.txt is installed ({:.1f} s)", seconds()));
  return std::nullopt;
}

}  // namespace sagebrush::agent
