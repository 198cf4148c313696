// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/server_options.h"

#include <cstdlib>

#include "base/file.h"

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

Status FillPaths(ServerOptions* options) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return ErrnoStatus(error.value(), "cannot find this program's own file");
  if (options->programs_folder.empty()) options->programs_folder = self.parent_path();
  if (options->cache_folder.empty()) options->cache_folder = DefaultCacheFolder();
  for (fs::path around = self.parent_path(); around != around.root_path();
       around = around.parent_path()) {
    for (const fs::path& root : {around, around / "share/sagebrush"}) {
      if (!fs::exists(root / "runtimes") || !fs::exists(root / "python/sagebrush_kit")) continue;
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

}  // namespace sagebrush::apps
