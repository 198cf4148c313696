// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/server_options.h"

#include <cstdlib>

#include <CLI/CLI.hpp>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::apps {

namespace {

fs::path FromEnvironment(const char* name, const fs::path& fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? fs::path(value) : fallback;
}

fs::path Home() { return FromEnvironment("HOME", "/var/lib"); }

}  // namespace

fs::path DefaultDataFolder() {
  return FromEnvironment("SAGEBRUSH_DATA",
                         FromEnvironment("XDG_DATA_HOME", Home() / ".local/share") / "sagebrush");
}

fs::path DefaultCacheFolder() {
  return FromEnvironment("SAGEBRUSH_CACHE",
                         FromEnvironment("XDG_CACHE_HOME", Home() / ".cache") / "sagebrush");
}

Status ParseListen(std::string_view listen, ServerOptions* options) {
  const std::size_t colon = listen.rfind(':');
  std::string_view address = listen.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  const auto port =
      colon == std::string_view::npos ? std::nullopt : ParseUint(listen.substr(colon + 1));
  if (address.empty() || !port || *port > 65535)
    return InvalidArgument("--listen takes ADDRESS:PORT, such as 127.0.0.1:7070 or [::1]:7070");
  options->address = address;
  options->port = static_cast<int>(*port);
  return Status::Ok();
}

Status FillPaths(ServerOptions* options) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return ErrnoStatus(error.value(), "cannot find this program's own file");
  if (options->programs_folder.empty()) options->programs_folder = self.parent_path();
  if (options->cache_folder.empty()) options->cache_folder = DefaultCacheFolder();
  for (fs::path around = self.parent_path(); around != around.root_path();
       around = around.parent_path()) {
    for (const fs::path& root : {around, around / "share/sagebrush"}) {
      if (!fs::exists(root / "runtimes", error) ||
          !fs::exists(root / "python/sagebrush_kit", error))
        continue;
      if (options->runtimes_folder.empty()) options->runtimes_folder = root / "runtimes";
      if (options->kit_folder.empty()) options->kit_folder = root / "python";
    }
  }
  if (options->runtimes_folder.empty())
    return NotFound("cannot find the runtimes folder near " + self.string() +
                    "; give it with --runtimes-dir");
  if (options->kit_folder.empty())
    return NotFound("cannot find the python kit near " + self.string() +
                    "; give it with --kit-dir");
  return Status::Ok();
}

void AddPathOptions(CLI::App* command, ServerOptions* options) {
  options->data_folder = DefaultDataFolder();
  command->add_option("--data-dir", options->data_folder, "where everything is kept")
      ->capture_default_str();
  command->add_option("--cache-dir", options->cache_folder, "where runtimes are made");
  command->add_option("--runtimes-dir", options->runtimes_folder, "the catalogue of runtimes");
  command->add_option("--kit-dir", options->kit_folder, "the python kit");
  command->add_option("--programs-dir", options->programs_folder,
                      "where sagebrush-agent and sagebrush-model-server stand");
}

void AddIsolationOption(CLI::App* command, ServerOptions* options) {
  command
      ->add_option_function<std::string>(
          "--isolation",
          [options](const std::string& name) {
            const auto isolation = orchestrator::ParseIsolation(name);
            if (!isolation.ok()) throw CLI::ValidationError(isolation.status().message());
            options->isolation = *isolation;
          },
          "sandbox, or none: instances then run directly on this machine (docs/guides/"
          "any-machine.md)")
      ->default_str("sandbox");
}

}  // namespace sagebrush::apps
