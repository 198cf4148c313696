// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/storage.h"

#include <algorithm>
#include <fcntl.h>
#include <map>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/strings.h"
#include "metastore/database.h"
#include "orchestrator/backends/process/instance_folder.h"
#include "orchestrator/backends/process/strays.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/controller.h"
#include "orchestrator/runtime_maker.h"

namespace sagebrush::apps {

namespace {

using orchestrator::CachedFolder;

template <typename Action>
void ForEachEntry(const fs::path& folder, const Action& action) {
  std::error_code error;
  for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator();
       it.increment(error))
    action(it->path());
}

std::uint64_t BytesOf(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
}

std::chrono::hours UnusedFor(const fs::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return {};
  // Keepers move a folder's time on; an archive is read.
  const auto last = std::max(info.st_mtime, S_ISREG(info.st_mode) ? info.st_atime : 0);
  const auto age = std::chrono::seconds(::time(nullptr) - last);
  return std::max(std::chrono::hours(0), std::chrono::duration_cast<std::chrono::hours>(age));
}

CachedFolder Measured(CachedFolder::Kind kind, const fs::path& path) {
  CachedFolder folder;
  folder.kind = kind;
  folder.name = path.filename().string();
  folder.path = path;
  folder.bytes = BytesOnDisk(path);
  folder.in_use = IsInUse(path);
  folder.unused_for = UnusedFor(path);
  return folder;
}

bool IsBeingMade(const fs::path& runtimes, const std::string& name) {
  return FileLock::IsHeld(runtimes / (name + ".lock"));
}

// "tensorflow-1.15.making" is what an interrupted make of tensorflow-1.15 leaves.
std::string MakeOf(const std::string& name) {
  for (const std::string_view end : {".making", ".old"})
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  return name.find(".removing-") != std::string::npos ? name.substr(0, name.find(".removing-"))
                                                      : "";
}

std::vector<CachedFolder> CachedFolders(const fs::path& cache,
                                        const orchestrator::Catalogue& catalogue) {
  std::vector<CachedFolder> found;
  const fs::path runtimes = cache / "runtimes";
  ForEachEntry(runtimes, [&](const fs::path& path) {
    const std::string name = path.filename().string();
    std::error_code ignored;
    if (!fs::is_directory(path, ignored) || name.starts_with(".")) return;
    const std::string make = MakeOf(name);
    CachedFolder folder =
        Measured(make.empty() ? CachedFolder::Kind::kRuntime : CachedFolder::Kind::kLeftover, path);
    folder.in_use = folder.in_use || IsBeingMade(runtimes, make.empty() ? name : make);
    if (make.empty()) {
      const auto* runtime = catalogue.ByName(name);
      folder.in_catalogue = runtime != nullptr;
      folder.is_current = runtime != nullptr && orchestrator::IsMade(*runtime, path);
    }
    found.push_back(std::move(folder));
  });
  ForEachEntry(runtimes / ".downloads", [&](const fs::path& path) {
    CachedFolder folder = Measured(CachedFolder::Kind::kLeftover, path);
    folder.in_use = folder.in_use || IsBeingMade(runtimes, folder.name);
    found.push_back(std::move(folder));
  });
  std::ranges::sort(found, {}, &CachedFolder::path);
  return found;
}

// What requirements.txt files gave: one archive for each account and key (orchestrator/package_store.h).
std::vector<CachedFolder> PackageArchives(const fs::path& packages) {
  std::vector<CachedFolder> found;
  ForEachEntry(packages, [&](const fs::path& account) {
    ForEachEntry(account, [&](const fs::path& archive) {
      std::error_code ignored;
      if (fs::is_regular_file(archive, ignored))
        found.push_back(Measured(CachedFolder::Kind::kPackages, archive));
    });
  });
  return found;
}

// What jobs that are not over, endpoints, and the libraries behind them need.
Status AddNeededRuntimes(metastore::RecordStore& records, const orchestrator::Catalogue& catalogue,
                         std::set<std::string>* needed) {
  ASSIGN_OR_RETURN(const auto jobs, orchestrator::ListAll(records, orchestrator::kTrainingJobKind,
                                                          orchestrator::kUnfinishedStatuses));
  for (const auto& job : jobs) needed->insert(orchestrator::TrainingPlanOf(job).workload.runtime);
  ASSIGN_OR_RETURN(const auto endpoints,
                   orchestrator::ListAll(records, orchestrator::kEndpointKind, {}));
  for (const auto& endpoint : endpoints) {
    const auto state = orchestrator::EndpointStateOf(endpoint);
    for (const auto* generation : {&state.serving, &state.coming}) {
      if (!*generation) continue;
      for (const auto& variant : (*generation)->variants) {
        const std::string& name = variant.plan.workload.runtime;
        needed->insert(name);
        if (const auto* runtime = catalogue.ByName(name); runtime != nullptr)
          needed->insert(runtime->hosting_library);
      }
    }
  }
  return Status::Ok();
}

}  // namespace

std::uint64_t BytesOnDisk(const fs::path& path) {
  std::uint64_t bytes = BytesOf(path);
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(
           path, fs::directory_options::skip_permission_denied, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error))
    bytes += BytesOf(it->path());
  return bytes;
}

std::vector<Share> SharesOf(const fs::path& data_folder) {
  std::map<std::string, std::uint64_t> shares = {{"records", 0}, {"logs", 0},     {"objects", 0},
                                                 {"metrics", 0}, {"packages", 0}, {"instances", 0},
                                                 {"other", 0}};
  ForEachEntry(data_folder, [&](const fs::path& path) {
    const std::string name = path.filename().string();
    const auto share = shares.find(name.substr(0, name.find('.')));
    (share == shares.end() ? shares["other"] : share->second) += BytesOnDisk(path);
  });
  std::vector<Share> list;
  for (const auto& [name, bytes] : shares) list.push_back({name, bytes});
  std::ranges::stable_sort(list, [](const Share& a, const Share& b) { return a.bytes > b.bytes; });
  return list;
}

bool IsInUse(const fs::path& folder) {
  const auto fd = OpenFile(folder, O_RDONLY | O_DIRECTORY);
  if (fd.ok() && ::flock(fd->get(), LOCK_EX | LOCK_NB) != 0) return true;
  // Clients run from a runtime too: a notebook's kernel, a script of the user's.
  const std::string prefix = folder.string() + "/";
  bool used = false;
  ForEachEntry("/proc", [&](const fs::path& process) {
    for (const char* link : {"exe", "cwd"}) {
      std::error_code error;
      used = used || (fs::read_symlink(process / link, error).string() + "/").starts_with(prefix);
    }
  });
  return used;
}

Status EndStraysOf(const fs::path& folder) {
  const std::string id = folder.filename().string();
  const orchestrator::InstanceFolder instance(folder);
  if (!orchestrator::IsInstanceId(id) || instance.is_kept() ||
      instance.isolation() != orchestrator::Isolation::kNone)
    return Status::Ok();
  return orchestrator::KillStrays(id, instance.uid());
}

Result<bool> RemoveUnused(const fs::path& folder) {
  // Whoever reads an archive has it open, and goes on with that.
  std::error_code ignored;
  if (fs::is_regular_file(folder, ignored)) {
    RETURN_IF_ERROR(RemoveTree(folder));
    return true;
  }
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(folder, O_RDONLY | O_DIRECTORY));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return false;
  const fs::path aside = folder.string() + ".removing-" + std::to_string(::getpid());
  if (::rename(folder.c_str(), aside.c_str()) != 0)
    return LastErrno("cannot rename " + folder.string());
  RETURN_IF_ERROR(RemoveTree(aside));
  return true;
}

Result<orchestrator::StorageSnapshot> TakeSnapshot(const ServerOptions& options) {
  orchestrator::StorageSnapshot snapshot;
  ASSIGN_OR_RETURN(const auto catalogue, orchestrator::Catalogue::Load(options.runtimes_folder));
  std::error_code error;
  fs::path cache = fs::canonical(options.cache_folder, error);
  if (error) cache = options.cache_folder;
  snapshot.cached = CachedFolders(cache, catalogue);

  const fs::path data = fs::canonical(options.data_folder, error);
  if (error) return snapshot;  // no server has ever started there
  for (auto& archive : PackageArchives(data / "packages"))
    snapshot.cached.push_back(std::move(archive));
  snapshot.server_runs = FileLock::IsHeld(data / "lock");
  std::set<std::string> recorded;
  if (fs::exists(data / "records.db", error)) {
    ASSIGN_OR_RETURN(const auto database, metastore::Database::OpenToRead(
                                              data / "records.db", metastore::kRecordMigrations));
    const auto records = metastore::RecordStore::Create(*database);
    RETURN_IF_ERROR(AddNeededRuntimes(*records, catalogue, &snapshot.needed_runtimes));
    const orchestrator::Instances instances(*records, Clock::System());
    ASSIGN_OR_RETURN(const auto all, instances.All());
    for (const auto& instance : *all) recorded.insert(instance.id);
  }
  std::map<std::string, orchestrator::InstanceLeft> left;
  ForEachEntry(data / "instances", [&](const fs::path& path) {
    const orchestrator::InstanceFolder folder(path);
    const std::string id = path.filename().string();
    if (!orchestrator::IsInstanceId(id)) return;
    auto& instance = left[id];
    instance.paths.push_back(path);
    if (folder.open_folder() != path) instance.paths.push_back(folder.open_folder());
    instance.is_kept = folder.is_kept();
  });
  for (auto& [id, instance] : left) {
    instance.id = id;
    instance.has_record = recorded.contains(id);
    for (const auto& path : instance.paths) instance.bytes += BytesOnDisk(path);
    snapshot.instances.push_back(std::move(instance));
  }
  return snapshot;
}

}  // namespace sagebrush::apps
