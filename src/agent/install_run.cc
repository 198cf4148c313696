// SPDX-License-Identifier: Apache-2.0
#include "agent/install_run.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <signal.h>

#include "agent/failure_text.h"
#include "agent/memory_watch.h"
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

// pip's own settings among the program's variables: with others, others packages come.
std::vector<std::string> PipSettings(const std::vector<std::string>& environment) {
  std::vector<std::string> settings;
  for (const std::string& variable : environment)
    if (variable.starts_with("PIP_") && !variable.starts_with("PIP_CERT="))
      settings.push_back(variable);
  std::ranges::sort(settings);
  return settings;
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

std::optional<Outcome> RunPip(const Surroundings& around, std::vector<std::string> environment) {
  UserProcess::Command command;
  command.argv = around.order.install_command;
  command.working_directory = around.paths.code().string();
  const std::filesystem::path temporary = around.scratch() / "tmp";
  if (const Status made = MakeFolders(temporary, 0700); !made.ok()) return Outcome::Failed(made);
  environment.push_back("TMPDIR=" + temporary.string());  // /tmp is memory, and wheels are large
  if (!around.order.network) environment.push_back("PIP_RETRIES=0");  // nobody is there to try
  command.environment = std::move(environment);

  Result<std::unique_ptr<UserProcess>> started = UserProcess::Start(
      command, [&around](std::string line) { around.session.Log(std::move(line)); },
      [&around] { around.stop.Wake(); });
  if (!started.ok()) return Outcome::Failed(started.status());
  UserProcess& pip = **started;
  std::optional<MemoryWatch> watch;
  if (around.order.memory_limit_bytes > 0)
    watch.emplace(around.order.memory_limit_bytes, [&] { pip.SignalGroup(SIGKILL); });
  const auto is_over = [&] { return pip.exit_status().has_value() || around.stop.requested(); };
  while (!around.stop.WaitUntil(steady_clock::now() + std::chrono::hours(24), is_over)) {
  }
  // Whatever a package's set-up has left running ends here, before anything of it is packed for others.
  const bool stopped = !pip.exit_status().has_value();
  if (stopped) StopProgram(&pip, around);
  pip.Finish();
  if (stopped) {
    around.session.Report("Stopping", Json::Object({{"message", around.stop.reason()}}));
    return Outcome::Stopped(around.stop.reason());
  }
  (void)RemoveTree(temporary);
  const int code = pip.exit_status().value_or(ExitStatus{}).code;
  if (code == 0) return std::nullopt;
  return Outcome{.phase = "Failed",
                 .failure = InstallError(around, command.argv, pip, watch && watch->exceeded()),
                 .exit_code = code};
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

  const std::vector<std::string> environment = UserEnvironment(around.order, around.paths, "");
  const auto key = PackageSetKey({.requirements = *text,
                                  .runtime = around.order.runtime,
                                  .settings = PipSettings(environment),
                                  .day = FormatIso8601(around.clock.Now()).substr(0, 10)});
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
                  key ? "" : " (anew in each job, since it names more than packages of an index)"));
  if (auto ended = RunPip(around, environment)) return ended;
  if (key) Keep(around, cache, *key);
  around.session.Log(fmt::format("Sagebrush: requirements.txt is installed ({:.1f} s)", seconds()));
  return std::nullopt;
}

}  // namespace sagebrush::agent
