// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a tar or tar.gz. Nothing may be written outside the folder, and nothing
// in it may lead out of it or be anything but a file, a folder or a link.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "base/archive.h"
#include "base/file.h"

namespace {

namespace fs = std::filesystem;

void CheckFolder(const fs::path& folder) {
  const fs::path root = fs::canonical(folder);
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::file_status status = entry.symlink_status();
    if (!fs::is_regular_file(status) && !fs::is_directory(status) && !fs::is_symlink(status))
      std::abort();
    if (!fs::is_symlink(status)) continue;
    std::error_code error;
    const fs::path target = fs::weakly_canonical(entry.path(), error);
    if (!error && target.native().compare(0, root.native().size(), root.native()) != 0)
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;
  auto home = TempFolder::Create("archive-fuzz");
  if (!home.ok()) return 0;
  const fs::path archive = home->path() / "a.tar.gz";
  const fs::path folder = home->path() / "in" / "folder";
  fs::create_directories(folder);
  if (!WriteFile(archive, std::string_view(reinterpret_cast<const char*>(data), size)).ok())
    return 0;
  (void)UnpackArchive(archive, folder, {.max_bytes = 1 << 20, .max_entries = 64});
  CheckFolder(folder);
  // Beside the folder nothing has come or gone.
  std::size_t beside = 0;
  for (const auto& entry : fs::directory_iterator(home->path()))
    beside += entry.path() == archive || entry.path() == home->path() / "in" ? 1u : 100u;
  for (const auto& entry : fs::directory_iterator(home->path() / "in"))
    beside += entry.path() == folder ? 1u : 100u;
  if (beside != 3) std::abort();
  return 0;
}
