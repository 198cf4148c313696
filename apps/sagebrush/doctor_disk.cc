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

DiskFacts::Kind KindOf(const struct statfs& info) {
  using Kind = DiskFacts::Kind;
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

void Add(Finding* finding, Level level, std::string what, std::string remedy) {
  finding->level = std::max(finding->level, level);
  finding->what += "; " + std::move(what);
  finding->remedies.push_back(std::move(remedy));
}

DiskFacts Look(const fs::path& folder) {
  DiskFacts facts{.nearest = Nearest(fs::absolute(folder))};
  const char* at = facts.nearest.c_str();
  struct statfs info {};
  if (::statfs(at, &info) != 0) return facts;
  facts.kind = KindOf(info);
  facts.free = static_cast<std::uint64_t>(info.f_bavail) * static_cast<std::uint64_t>(info.f_bsize);
  facts.may_write = ::access(at, W_OK | X_OK) == 0;
  struct statvfs flags {};
  facts.runs_programs = ::statvfs(at, &flags) != 0 || (flags.f_flag & ST_NOEXEC) == 0;
  return facts;
}

}  // namespace

Finding JudgeDisk(const fs::path& folder, const DiskFacts& facts, const DiskWanted& wanted) {
  using Kind = DiskFacts::Kind;
  const std::string choose =
      std::string("choose a folder on a local disk: ") + wanted.option + " /path";
  Finding finding{.name = wanted.name, .what = folder.string()};
  if (!facts.kind) {
    Add(&finding, Level::kProblem, "it cannot be looked at", choose);
    return finding;
  }
  if (!facts.may_write)
    Add(&finding, Level::kProblem, "this user may not write in " + facts.nearest.string(),
        "chown it, or " + choose);
  if (facts.kind == Kind::kNetwork && wanted.keeps_records)
    Add(&finding, Level::kProblem,
        "it is on a network or FUSE file system, whose locks and syncs the records cannot rely on",
        choose);
  if (facts.kind == Kind::kMemory && wanted.keeps_records)
    Add(&finding, Level::kWarning, "it is in memory (tmpfs): nothing of it survives a reboot",
        choose);
  if (facts.kind == Kind::kContainerLayer && wanted.keeps_records)
    Add(&finding, Level::kWarning, "it goes with this container",
        "keep it outside: docker run -v sagebrush:" + folder.string() + " …");
  if (wanted.has_programs && !facts.runs_programs)
    Add(&finding, Level::kProblem, "programs on it may not be run (noexec)", choose);
  const std::string room = std::to_string(facts.free / kMiB) + " MiB free";
  if (facts.free < wanted.comfortable)
    Add(&finding, facts.free < wanted.least ? Level::kProblem : Level::kWarning,
        "only " + room + " (" + std::to_string(wanted.comfortable / kMiB) + " MiB are comfortable)",
        "see what is used: sagebrush disk; free some: sagebrush gc; or " + choose);
  else
    finding.what += "; " + room;
  return finding;
}

std::vector<Finding> ExamineDisk(const ServerOptions& options) {
  return {JudgeDisk(options.data_folder, Look(options.data_folder),
                    {.name = "data folder",
                     .option = "--data-dir",
                     .least = 256 * kMiB,
                     .comfortable = 5120 * kMiB,
                     .keeps_records = true,
                     .has_programs = false}),
          JudgeDisk(options.cache_folder, Look(options.cache_folder),
                    {.name = "cache folder",
                     .option = "--cache-dir",
                     .least = 256 * kMiB,
                     .comfortable = 4096 * kMiB,
                     .keeps_records = false,
                     .has_programs = true})};
}

}  // namespace sagebrush::apps
