// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/process_backend.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/child_process.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "orchestrator/backends/process/cgroup.h"
#include "orchestrator/backends/process/instance_folder.h"
#include "orchestrator/backends/process/launch.h"
#include "orchestrator/backends/process/sandbox.h"
#include "orchestrator/backends/process/strays.h"

namespace sagebrush::orchestrator {

namespace {

constexpr std::chrono::milliseconds kPoll{2};
constexpr std::chrono::seconds kKillDeadline{10};
constexpr std::chrono::seconds kStartDeadline{30};  // some milliseconds on an idle machine
// Servers that start instances at the same moment may choose the same number; each loser chooses again.
constexpr int kNumberTries = 20;

class ProcessBackend final : public Backend {
 public:
  ProcessBackend(const ProcessBackendOptions& options, CgroupTree cgroups)
      : options_(options),
        instances_(options.data_folder / "instances"),
        cgroups_(std::move(cgroups)) {
    RemoveLostOpenFolders();
  }

  Status Start(const InstanceSpec& spec) override {
    if (!IsInstanceId(spec.id)) return InvalidArgument("not an instance id: " + spec.id);
    Status started;
    int tries = 0;
    do started = StartOnce(spec);
    while (started.message().starts_with(kTaken) && ++tries < kNumberTries);
    return started;
  }

  InstanceObservation Observe(const std::string& id) override {
    const InstanceFolder folder = FolderOf(id);
    InstanceObservation seen;
    if (!folder.has_run()) return seen;
    seen.out_of_memory = cgroups_.OutOfMemory(id);
    if (folder.is_kept()) {
      seen.state = InstanceObservation::State::kRunning;
    } else {
      seen.state = InstanceObservation::State::kExited;
      seen.exit_code = folder.exit_code().value_or(128 + SIGKILL);  // the keeper itself was killed
    }
    return seen;
  }

  Status Kill(const std::string& id) override {
    const InstanceFolder folder = FolderOf(id);
    const bool bare = folder.isolation() == Isolation::kNone;
    const auto deadline = std::chrono::steady_clock::now() + kKillDeadline;
    // First what takes all of it down: the init of its process namespace; without one the keeper itself, which does it. The
    // keeper then writes how it ended. One that has nothing to keep yet is killed itself.
    for (bool first = true; folder.is_kept(); first = false) {
      const auto keeper = folder.keeper();
      const auto init = folder.namespace_init();
      const bool hopeless = std::chrono::steady_clock::now() > deadline;
      if (bare && keeper) ::kill(*keeper, SIGTERM);
      if (init) ::kill(*init, SIGKILL);
      if (keeper && (hopeless || (!bare && !init && !first))) ::kill(*keeper, SIGKILL);
      if (hopeless) break;
      std::this_thread::sleep_for(kPoll);
    }
    if (folder.is_kept()) return DeadlineExceeded("instance " + id + " does not die");
    if (bare) RETURN_IF_ERROR(KillStrays(id, folder.uid()));
    // What lies outside the data folder goes now: who stops the server may remove the data folder next.
    if (const fs::path open = folder.open_folder(); open != folder.path())
      RETURN_IF_ERROR(RemoveAll(open));
    return cgroups_.Remove(id);
  }

  Status Remove(const std::string& id) override {
    if (!IsInstanceId(id)) return InvalidArgument("not an instance id: " + id);
    RETURN_IF_ERROR(Kill(id));
    return RemoveAll(FolderOf(id).path());
  }

  Result<std::vector<std::string>> List() override {
    std::set<std::string> ids;
    std::error_code error;
    for (auto it = fs::directory_iterator(instances_, error);
         !error && it != fs::directory_iterator(); it.increment(error))
      if (IsInstanceId(it->path().filename().string())) ids.insert(it->path().filename().string());
    if (error) return ErrnoStatus(error.value(), "cannot read " + instances_.string());
    for (auto& id : cgroups_.List())
      if (IsInstanceId(id)) ids.insert(id);
    return std::vector<std::string>(ids.begin(), ids.end());
  }

  std::optional<fs::path> SocketFolder(const std::string& id) const override {
    return FolderOf(id).sockets();
  }
  bool enforces_memory() const override { return cgroups_.limits_memory(); }

  ~ProcessBackend() override { cgroups_.RemoveParents(); }

 private:
  InstanceFolder FolderOf(const std::string& id) const { return InstanceFolder(instances_ / id); }

  Status StartOnce(const InstanceSpec& spec) {
    const InstanceFolder folder = FolderOf(spec.id);
    if (::mkdir(folder.path().c_str(), 0700) != 0) {
      if (errno != EEXIST) return LastErrno("cannot make " + folder.path().string());
      if (folder.has_run()) return AlreadyExists("instance " + spec.id);
      // A crash came between the folder and its keeper; nothing ran in it, so it is begun anew.
      RETURN_IF_ERROR(Remove(spec.id));
      if (::mkdir(folder.path().c_str(), 0700) != 0)
        return LastErrno("cannot make " + folder.path().string());
    }
    const Status started = Launch(spec, folder);
    if (!started.ok()) (void)Remove(spec.id);
    return started;
  }

  // A power cut may take an instance's folder, or what it notes of its open folder, and leave that one, which is on another
  // disk perhaps. Other users may make files beside it, but not folders of ours.
  void RemoveLostOpenFolders() const {
    const std::string prefix = OpenFolderPrefix(instances_);
    std::vector<fs::path> lost;
    std::error_code error;
    for (auto it = fs::directory_iterator(options_.open_root, error);
         !error && it != fs::directory_iterator(); it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (!name.starts_with(prefix)) continue;
      const std::string id = name.substr(prefix.size());
      struct stat seen;
      if (IsInstanceId(id) && ::lstat(it->path().c_str(), &seen) == 0 && S_ISDIR(seen.st_mode) &&
          seen.st_uid == ::geteuid() && FolderOf(id).open_folder() != it->path())
        lost.push_back(it->path());
    }
    for (const fs::path& folder : lost)
      if (const Status removed = RemoveAll(folder); !removed.ok())
        LogWarning("instances", "a lost instance's folder stays: " + removed.ToString());
  }

  // User code may have taken its own folders' permissions away.
  static Status RemoveAll(const fs::path& folder) {
    std::error_code error;
    for (auto it = fs::recursive_directory_iterator(
             folder, fs::directory_options::skip_permission_denied, error);
         !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
      std::error_code ignored;
      if (it->is_directory(ignored) && !it->is_symlink(ignored))
        fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
    return RemoveTree(folder);
  }

  Status Launch(const InstanceSpec& spec, const InstanceFolder& folder) {
    const LaunchOptions options{.instances = instances_,
                                .agent = options_.agent,
                                .ca_bundle = options_.ca_bundle,
                                .open_root = options_.open_root};
    SandboxPlan plan;
    {
      const std::lock_guard lock(numbers_mutex_);
      ASSIGN_OR_RETURN(plan, options_.isolation == Isolation::kNone
                                 ? PrepareBare(spec, folder, options)
                                 : PrepareSandbox(spec, folder, options));
    }
    ASSIGN_OR_RETURN(plan.cgroups, cgroups_.Create(spec.id, {.memory_bytes = spec.memory_bytes,
                                                             .cpu_weight = spec.cpu_weight,
                                                             .max_processes = spec.max_processes}));
    ASSIGN_OR_RETURN(const ChildOutcome answer, RunChild({options_.keeper.string(), "sandbox"},
                                                         plan.ToJson().Dump(), kStartDeadline));
    const std::string_view said = Trim(answer.output);
    if (said == "ok") return Status::Ok();
    if (said.starts_with(kGone) || said.starts_with(kTaken)) return Unavailable(std::string(said));
    return Internal("cannot start a sandbox: " + std::string(said));
  }

  const ProcessBackendOptions options_;
  const fs::path instances_;
  const CgroupTree cgroups_;
  std::mutex numbers_mutex_;  // one instance at a time chooses its uid and ports
};

}  // namespace

Result<std::unique_ptr<Backend>> MakeProcessBackend(const ProcessBackendOptions& options) {
  RETURN_IF_ERROR(MakeFolders(options.data_folder));
  RETURN_IF_ERROR(MakeFolders(options.data_folder / "instances", 0700));
  std::error_code error;
  ProcessBackendOptions absolute = options;
  absolute.data_folder = fs::canonical(options.data_folder, error);
  if (error) return ErrnoStatus(error.value(), "cannot look at " + options.data_folder.string());
  const std::string parent =
      "sagebrush-" + HexEncode(Sha256(absolute.data_folder.string())).substr(0, 12);
  return std::unique_ptr<Backend>(
      new ProcessBackend(absolute, CgroupTree::Probe(options.cgroup_root, parent)));
}

}  // namespace sagebrush::orchestrator
