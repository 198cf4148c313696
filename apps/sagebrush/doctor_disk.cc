// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/doctor_disk.h"

#include <linux/magic.h>
#include <string_view>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"

namespace sagebrush::apps {

namespace {

using Level = Finding::Level;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
// Magic numbers that linux/magic.h of older systems lacks.
constexpr unsigned kCifs = 0xFF534D42, kSmb2 = 0xFE534D42, kV9fs = 0x01021997, kNfs = 0x6969,
                   kFuse = 0x65735546, kCeph = 0x00C36400;

enum class Kind { kDisk, kMemory, kContainerLayer, kNetwork };

Kind KindOf(const struct statfs& info) {
  switch (static_cast<unsigned>(info.f_type)) {
    case kNfs:
    case kCifs:
    case kSmb2:
    case kV9fs:
    case kCeph:
    case kFuse:
      return Kind::kNetwork;
    case TMPFS_MAGIC:
      return Kind::kMemory;
    case OVERLAYFS_SUPER_MAGIC:
      return Kind::kContainerLayer;
    default:
      return Kind::kDisk;
  }
}

// Where the folder is, or will be.
fs::path Nearest(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

struct Wanted {
  const char* name;    // of the finding
  const char* option;  // that chooses another folder
  std::uint64_t least, comfortable;
  bool keeps_records;  // SQLite, durable
  bool has_programs;
};

void Add(Finding* finding, Level level, std::string what, std::string remedy) {
  finding->level = std::max(finding->level, level);
  finding->what += "; " + std::move(what);
  finding->remedies.push_back(std::move(remedy));
}

Finding Look(const fs::path& folder, const Wanted& wanted) {
  const fs::path at = Nearest(fs::absolute(folder));
  const std::string choose =
      std::string("choose a folder on a local disk: ") + wanted.option + " /path";
  Finding finding{.name = wanted.name, .what = folder.string()};
  struct statfs info {};
  if (::statfs(at.c_str(), &info) != 0) {
    Add(&finding, Level::kProblem, "it cannot be looked at", choose);
    return finding;
  }
  if (::access(at.c_str(), W_OK | X_OK) != 0)
    Add(&finding, Level::kProblem, "this user may not write in " + at.string(),
        "chown it, or " + choose);
  const Kind kind = KindOf(info);
  if (kind == Kind::kNetwork && wanted.keeps_records)
    Add(&finding, Level::kProblem,
        "it is on a network or FUSE file system, whose locks and syncs the records cannot rely on",
        choose);
  if (kind == Kind::kMemory && wanted.keeps_records)
    Add(&finding, Level::kWarning, "it is in memory (tmpfs): nothing of it survives a reboot",
        choose);
  if (kind == Kind::kContainerLayer && wanted.keeps_records)
    Add(&finding, Level::kWarning, "it goes with this container",
        "keep it outside: docker run -v sagebrush:" + folder.string() + " …");
  struct statvfs flags {};
  if (wanted.has_programs && ::statvfs(at.c_str(), &flags) == 0 && (flags.f_flag & ST_NOEXEC) != 0)
    Add(&finding, Level::kProblem, "programs on it may not be run (noexec)", choose);
  const std::uint64_t free =
      static_cast<std::uint64_t>(info.f_bavail) * static_cast<std::uint64_t>(info.f_bsize);
  const std::string room = std::to_string(free / kMiB) + " MiB free";
  if (free < wanted.comfortable)
    Add(&finding, free < wanted.least ? Level::kProblem : Level::kWarning,
        "only " + room + " (" + std::to_string(wanted.comfortable / kMiB) + " MiB are comfortable)",
        "see what is used: sagebrush disk; free some: sagebrush gc; or " + choose);
  else
    finding.what += "; " + room;
  return finding;
}

}  // namespace

std::vector<Finding> ExamineDisk(const ServerOptions& options) {
  return {Look(options.data_folder, {.name = "data folder",
                                     .option = "--data-dir",
                                     .least = 256 * kMiB,
                                     .comfortable = 5120 * kMiB,
                                     .keeps_records = true,
                                     .has_programs = false}),
          Look(options.cache_folder, {.name = "cache folder",
                                      .option = "--cache-dir",
                                      .least = 256 * kMiB,
                                      .comfortable = 4096 * kMiB,
                                      .keeps_records = false,
                                      .has_programs = true})};
}

}  // namespace sagebrush::apps
