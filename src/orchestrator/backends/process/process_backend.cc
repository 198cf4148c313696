// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/process_backend.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <mutex>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/child_process.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strings.h"
#include "orchestrator/backends/process/cgroup.h"
#include "orchestrator/backends/process/sandbox_plan.h"

namespace sagebrush::orchestrator {

namespace {

// Above what distributions hand out to people, services and containers (Debian policy 9.2; subordinate ids start at 100000
// and grow by 65536 a person).
constexpr unsigned kFirstUid = 1'700'000'000;
constexpr unsigned kUids = 10'000;
constexpr std::chrono::milliseconds kPoll{2};
constexpr std::chrono::seconds kKillDeadline{10};
constexpr std::chrono::seconds kStartDeadline{30};  // some milliseconds on an idle machine

bool IsInstanceId(std::string_view name) {
  return name.starts_with("i-") && name.size() <= 20 && name.find('/') == std::string_view::npos;
}

class ProcessBackend final : public Backend {
 public:
  ProcessBackend(const ProcessBackendOptions& options, CgroupTree cgroups)
      : options_(options),
        instances_(options.data_folder / "instances"),
        as_root_(::geteuid() == 0),
        cgroups_(std::move(cgroups)) {}

  Status Start(const InstanceSpec& spec) override {
    if (!IsInstanceId(spec.id)) return InvalidArgument("not an instance id: " + spec.id);
    const fs::path folder = instances_ / spec.id;
    if (::mkdir(folder.c_str(), 0700) != 0) {
      if (errno == EEXIST && fs::exists(folder / "pid"))
        return AlreadyExists("instance " + spec.id);
      if (errno != EEXIST) return LastErrno("cannot make " + folder.string());
      // A crash came between the folder and its keeper; nothing ran in it, so it is begun anew.
      RETURN_IF_ERROR(Remove(spec.id));
      if (::mkdir(folder.c_str(), 0700) != 0) return LastErrno("cannot make " + folder.string());
    }
    const Status started = Launch(spec, folder);
    if (!started.ok()) (void)Remove(spec.id);
    return started;
  }

  InstanceObservation Observe(const std::string& id) override {
    const fs::path folder = instances_ / id;
    if (!fs::exists(folder / "pid")) return {};
    if (FileLock::IsHeld(folder / "lock"))
      return {.state = InstanceObservation::State::kRunning,
              .exit_code = 0,
              .out_of_memory = cgroups_.OutOfMemory(id)};
    InstanceObservation seen{.state = InstanceObservation::State::kExited,
                             .exit_code = 128 + SIGKILL,
                             .out_of_memory = cgroups_.OutOfMemory(id)};
    const auto text = ReadFile(folder / "exit");
    if (!text.ok()) return seen;  // the keeper itself was killed
    const auto outcome = Json::Parse(*text);
    if (outcome.ok()) seen.exit_code = static_cast<int>(outcome->GetInt("code", seen.exit_code));
    return seen;
  }

  Status Kill(const std::string& id) override {
    const fs::path folder = instances_ / id;
    const auto deadline = std::chrono::steady_clock::now() + kKillDeadline;
    // First the init of the instance's process namespace, whose death takes all of it down; the keeper then writes how it
    // ended. A keeper that has nothing to keep yet is killed itself.
    for (bool first = true; FileLock::IsHeld(folder / "lock"); first = false) {
      const auto init = NamespaceInit(folder);
      if (init) ::kill(*init, SIGKILL);
      const bool hopeless = std::chrono::steady_clock::now() > deadline;
      if (!init || hopeless) {
        const auto keeper = ReadPid(folder / "pid");
        if (keeper && (!first || hopeless)) ::kill(*keeper, SIGKILL);
      }
      if (hopeless) break;
      std::this_thread::sleep_for(kPoll);
    }
    if (FileLock::IsHeld(folder / "lock"))
      return DeadlineExceeded("instance " + id + " does not die");
    return cgroups_.Remove(id);
  }

  Status Remove(const std::string& id) override {
    if (!IsInstanceId(id)) return InvalidArgument("not an instance id: " + id);
    RETURN_IF_ERROR(Kill(id));
    // User code may have taken its own folders' permissions away.
    std::error_code error;
    for (auto it = fs::recursive_directory_iterator(
             instances_ / id, fs::directory_options::skip_permission_denied, error);
         !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
      std::error_code ignored;
      if (it->is_directory(ignored) && !it->is_symlink(ignored))
        fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
    return RemoveTree(instances_ / id);
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

  fs::path SocketFolder(const std::string& id) const override { return instances_ / id / "run"; }
  bool enforces_memory() const override { return cgroups_.limits_memory(); }

  ~ProcessBackend() override { cgroups_.RemoveParents(); }

 private:
  static std::optional<pid_t> ReadPid(const fs::path& file) {
    const auto text = ReadFile(file);
    if (!text.ok()) return std::nullopt;
    const auto pid = ParseInt(Trim(*text));
    return pid && *pid > 1 ? std::optional(static_cast<pid_t>(*pid)) : std::nullopt;
  }

  static std::optional<pid_t> NamespaceInit(const fs::path& folder) {
    const auto text = ReadFile(folder / "bwrap.json");
    if (!text.ok()) return std::nullopt;
    const auto json = Json::Parse(*text);
    const std::int64_t pid = json.ok() ? json->GetInt("child-pid") : 0;
    return pid > 1 ? std::optional(static_cast<pid_t>(pid)) : std::nullopt;
  }

  // The lowest uid that no instance of this machine's folder has; remembered as the owner of its folders.
  Result<unsigned> TakeUid(const fs::path& folder) {
    const std::lock_guard lock(uid_mutex_);
    std::set<unsigned> taken;
    std::error_code error;
    for (auto it = fs::directory_iterator(instances_, error);
         !error && it != fs::directory_iterator(); it.increment(error)) {
      const auto text = ReadFile(it->path() / "uid");
      if (text.ok()) taken.insert(static_cast<unsigned>(ParseUint(Trim(*text)).value_or(0)));
    }
    // Two servers on one machine must not share uids either: each data folder starts at its own place.
    const auto start =
        static_cast<unsigned>(std::hash<std::string>()(options_.data_folder.string()) % 10'000) *
        kUids % 100'000'000;
    for (unsigned uid = kFirstUid + start; uid < kFirstUid + start + kUids; ++uid) {
      if (taken.contains(uid)) continue;
      RETURN_IF_ERROR(WriteFile(folder / "uid", std::to_string(uid), 0600));
      return uid;
    }
    return ResourceExhausted("no free user id for another instance");
  }

  Status MakeFolder(const fs::path& folder, unsigned uid) {
    if (::mkdir(folder.c_str(), 0755) != 0) return LastErrno("cannot make " + folder.string());
    if (uid != 0 && ::chown(folder.c_str(), uid, uid) != 0)
      return LastErrno("cannot give away " + folder.string());
    return Status::Ok();
  }

  Status Launch(const InstanceSpec& spec, const fs::path& folder) {
    SandboxPlan plan{.instance = spec.id,
                     .folder = folder,
                     .host_name = spec.host_name,
                     .drop_to_uid = 0,
                     .cgroups = {},
                     .binds = {},
                     .work_order = spec.work_order};
    if (as_root_) {
      ASSIGN_OR_RETURN(plan.drop_to_uid, TakeUid(folder));
    }
    // run/ stays ours: the server makes its sockets there, the instance only connects to them.
    RETURN_IF_ERROR(MakeFolder(folder / "ml", plan.drop_to_uid));
    if (!fs::exists(SocketFolder(spec.id))) RETURN_IF_ERROR(MakeFolder(SocketFolder(spec.id), 0));
    RETURN_IF_ERROR(MakeFolder(folder / "etc", 0));
    RETURN_IF_ERROR(WriteFile(
        folder / "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nsagemaker:x:1000:1000::/home/sagemaker:/bin/bash\n"));
    RETURN_IF_ERROR(WriteFile(folder / "etc/group", "root:x:0:\nsagemaker:x:1000:\n"));
    RETURN_IF_ERROR(
        WriteFile(folder / "etc/hosts", "127.0.0.1 localhost " + spec.host_name + "\n"));
    RETURN_IF_ERROR(
        WriteFile(folder / "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"));

    for (const char* name : {"passwd", "group", "hosts", "nsswitch.conf"})
      plan.binds.push_back({folder / "etc" / name, std::string("/etc/") + name, false});
    plan.binds.push_back({options_.agent, "/opt/sagebrush/agent", false});
    if (!options_.ca_bundle.empty())
      plan.binds.push_back({options_.ca_bundle, "/opt/sagebrush/ca-bundle.pem", false});
    for (const auto& mount : spec.read_only)
      plan.binds.push_back({mount.source, mount.target, false});
    plan.binds.push_back({folder / "ml", "/opt/ml", true});
    plan.binds.push_back({SocketFolder(spec.id), "/run/sagebrush", false});
    ASSIGN_OR_RETURN(plan.cgroups, cgroups_.Create(spec.id, {.memory_bytes = spec.memory_bytes,
                                                             .cpu_weight = spec.cpu_weight,
                                                             .max_processes = spec.max_processes}));

    ASSIGN_OR_RETURN(const ChildOutcome answer, RunChild({options_.keeper.string(), "sandbox"},
                                                         plan.ToJson().Dump(), kStartDeadline));
    if (answer.output == "ok\n") return Status::Ok();
    return Internal("cannot start a sandbox: " + std::string(Trim(answer.output)));
  }

  const ProcessBackendOptions options_;
  const fs::path instances_;
  const bool as_root_;
  const CgroupTree cgroups_;
  std::mutex uid_mutex_;  // one instance at a time chooses its uid
};

// An ordinary user's namespaces are what matters: a root server drops before bubblewrap too.
Status TryNamespaces() {
  std::vector<std::string> words;
  if (::geteuid() == 0)
    words = {"setpriv",
             "--reuid",
             std::to_string(kFirstUid),
             "--regid",
             std::to_string(kFirstUid),
             "--clear-groups",
             "--no-new-privs"};
  for (const char* word :
       {"bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
        "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc",
        "--dev", "/dev", "/usr/bin/true"})
    words.emplace_back(word);
  const auto tried = RunChild(std::move(words), "", kStartDeadline);
  if (tried.ok() && tried->exit_code == 0) return Status::Ok();
  return FailedPrecondition(
      "this machine refuses the namespaces that instances run in (bubblewrap said so above). "
      "Install bubblewrap (apt-get install bubblewrap); on Debian set "
      "kernel.unprivileged_userns_clone=1, on Ubuntu 24.04 "
      "kernel.apparmor_restrict_unprivileged_userns=0 (sysctl -w); in a container, start it with "
      "--security-opt seccomp=unconfined --security-opt systempaths=unconfined, or run on the "
      "host");
}

}  // namespace

Result<std::unique_ptr<Backend>> MakeProcessBackend(const ProcessBackendOptions& options) {
  RETURN_IF_ERROR(TryNamespaces());
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
