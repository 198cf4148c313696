// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/disk_command.h"

#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/disk_report.h"
#include "apps/sagebrush/report.h"
#include "apps/sagebrush/storage.h"
#include "base/file.h"
#include "base/json.h"

namespace sagebrush::apps {

namespace {

using orchestrator::StorageSnapshot;

constexpr int kKeepDays = 30;
constexpr int kMostKeepDays = 36500;

Json ToJson(const ServerOptions& options, const StorageSnapshot& snapshot) {
  Json data = Json::Object({{"path", options.data_folder.string()}});
  for (const auto& share : SharesOf(options.data_folder)) data[share.name] = share.bytes;
  Json instances = Json::Array();
  for (const auto& instance : snapshot.instances)
    instances.Append(Json::Object({{"id", instance.id},
                                   {"bytes", instance.bytes},
                                   {"runs", instance.is_kept},
                                   {"known", instance.has_record}}));
  Json cached = Json::Array();
  for (const auto& folder : snapshot.cached)
    cached.Append(Json::Object({{"name", folder.name},
                                {"path", folder.path.string()},
                                {"bytes", folder.bytes},
                                {"standing", StandingOf(folder, snapshot)}}));
  return Json::Object({{"server_runs", snapshot.server_runs},
                       {"data", std::move(data)},
                       {"instances", std::move(instances)},
                       {"cache", Json::Object({{"path", options.cache_folder.string()},
                                               {"bytes", BytesOnDisk(options.cache_folder)},
                                               {"folders", std::move(cached)}})}});
}

Status PrintDisk(ServerOptions options, bool as_json) {
  RETURN_IF_ERROR(FillPaths(&options));
  ASSIGN_OR_RETURN(const StorageSnapshot snapshot, TakeSnapshot(options));
  if (as_json) {
    std::puts(ToJson(options, snapshot).Dump().c_str());
    return Status::Ok();
  }
  std::printf("%s  %s%s\n", Readable(BytesOnDisk(options.data_folder)).c_str(),
              options.data_folder.c_str(), snapshot.server_runs ? " (its server runs)" : "");
  for (const auto& share : SharesOf(options.data_folder)) {
    std::printf("%s    %s\n", Readable(share.bytes).c_str(), share.name.c_str());
    if (share.name != "instances") continue;
    for (const auto& instance : snapshot.instances)
      std::printf("%s      %s%s\n", Readable(instance.bytes).c_str(), instance.id.c_str(),
                  instance.is_kept      ? " (runs)"
                  : instance.has_record ? ""
                                        : " (of nobody)");
  }
  std::printf("%s  %s\n", Readable(BytesOnDisk(options.cache_folder)).c_str(),
              options.cache_folder.c_str());
  for (const auto& folder : snapshot.cached)
    std::printf("%s    %s (%s)\n", Readable(folder.bytes).c_str(),
                folder.path.lexically_proximate(options.cache_folder).c_str(),
                StandingOf(folder, snapshot).c_str());
  return Status::Ok();
}

Status CollectGarbage(ServerOptions options, int keep_days, bool dry_run) {
  RETURN_IF_ERROR(FillPaths(&options));
  ASSIGN_OR_RETURN(const StorageSnapshot snapshot, TakeSnapshot(options));
  const auto removals = orchestrator::PlanCleanup(snapshot, std::chrono::hours(24) * keep_days);
  std::uint64_t freed = 0;
  for (const auto& removal : removals) {
    bool removed = dry_run;
    if (!dry_run) {
      RETURN_IF_ERROR(EndStraysOf(removal.path));
      ASSIGN_OR_RETURN(removed, RemoveUnused(removal.path));
    }
    std::printf("%s  %s %s: %s\n", Readable(removal.bytes).c_str(),
                dry_run   ? "would remove"
                : removed ? "removed"
                          : "left (in use by now)",
                removal.path.c_str(), removal.why.c_str());
    if (removed) freed += removal.bytes;
  }
  std::printf("%s  %s\n", Readable(freed).c_str(),
              dry_run ? "would be freed (nothing was changed)" : "freed");
  return Status::Ok();
}

}  // namespace

void AddDiskCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("disk", "say what is used by what");
  const auto options = std::make_shared<ServerOptions>();
  const auto as_json = std::make_shared<bool>(false);
  AddPathOptions(command, options.get());
  command->get_option("--data-dir")
      ->check(CLI::ExistingDirectory);  // a mistyped one would look empty
  command->add_flag("--json", *as_json, "one JSON document, in bytes");
  command->callback([=] { *exit_code = Report(PrintDisk(*options, *as_json)); });
}

void AddGcCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand(
      "gc", "remove what nothing needs: old runtimes and packages, leftovers, lost folders");
  const auto options = std::make_shared<ServerOptions>();
  const auto dry_run = std::make_shared<bool>(false);
  const auto keep_days = std::make_shared<int>(kKeepDays);
  AddPathOptions(command, options.get());
  command->get_option("--data-dir")
      ->check(CLI::ExistingDirectory);  // a mistyped one would look empty
  command->add_flag("--dry-run", *dry_run, "only say what would go");
  command
      ->add_option(
          "--keep-days", *keep_days,
          "how long runtimes and packages stay that no job or endpoint needs; 0: not at all")
      ->check(CLI::Range(0, kMostKeepDays))
      ->capture_default_str();
  command->callback([=] { *exit_code = Report(CollectGarbage(*options, *keep_days, *dry_run)); });
}

}  // namespace sagebrush::apps
