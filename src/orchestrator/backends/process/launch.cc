// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/launch.h"

#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "orchestrator/backends/process/bare_instance.h"
#include "orchestrator/backends/process/in_child.h"
#include "orchestrator/backends/process/instance_uids.h"
#include "orchestrator/backends/process/machine_name.h"
#include "orchestrator/backends/process/mounts.h"
#include "orchestrator/backends/process/strays.h"

namespace sagebrush::orchestrator {

namespace {

constexpr unsigned kUids = 10'000;  // of a data folder
// Below what the kernel hands out itself (32768 and up on Linux): nobody gets one of these by asking for any port.
constexpr unsigned kFirstPort = 20'000;
constexpr unsigned kPortPairs = 1'000;  // of a data folder

// Two data folders of one machine should not share numbers either: each starts at its own place. Where two places are the
// same (few uids in a container, or chance), what is in use tells.
unsigned PlaceOf(const fs::path& instances, unsigned places) {
  return static_cast<unsigned>(std::hash<std::string>()(instances.parent_path().string()) % places);
}

// For now: should another server's keeper take it first, ours says so and another number is chosen.
bool IsFree(const std::string& name) { return TakeMachineName(name).ok(); }

// 0: the server is not root, or is the only one that its user namespace knows; the instance is then whoever the server is.
Result<unsigned> TakeUid(const InstanceFolder& folder, const fs::path& instances) {
  const auto range = UidsForInstances();
  if (!range) return 0U;
  const unsigned places = range->count / kUids;
  ASSIGN_OR_RETURN(
      const unsigned uid,
      LowestFreeNumber(
          instances, "uid", range->first + PlaceOf(instances, places) * kUids, kUids,
          // Another data folder's instances may have come to the same place: a uid that is in use is theirs.
          [](unsigned candidate) {
            return IsFree(UidName(candidate)) && ProcessesOf(candidate).empty();
          }));
  RETURN_IF_ERROR(folder.Note("uid", std::to_string(uid)));
  return uid;
}

bool CanListen(unsigned port) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string PortsName(unsigned pair) { return "ports-" + std::to_string(pair); }

// The first of two ports next to each other.
Result<unsigned> TakePorts(const InstanceFolder& folder, const fs::path& instances,
                           SandboxPlan* plan) {
  const unsigned first = PlaceOf(instances, 5) * kPortPairs;
  const auto port_of = [](unsigned pair) { return kFirstPort + 2 * pair; };
  ASSIGN_OR_RETURN(const unsigned pair,
                   LowestFreeNumber(instances, "ports", first, kPortPairs, [&](unsigned number) {
                     return IsFree(PortsName(number)) && CanListen(port_of(number)) &&
                            CanListen(port_of(number) + 1);
                   }));
  RETURN_IF_ERROR(folder.Note("ports", std::to_string(pair)));
  plan->names.push_back(PortsName(pair));
  return port_of(pair);
}

Status MakeFolder(const fs::path& folder, unsigned uid, unsigned mode) {
  if (::mkdir(folder.c_str(), mode) != 0) return LastErrno("cannot make " + folder.string());
  if (uid != 0 && ::chown(folder.c_str(), uid, uid) != 0)
    return LastErrno("cannot give away " + folder.string());
  return Status::Ok();
}

std::vector<fs::path> Folders(const std::vector<Mount>& mounts) {
  std::vector<fs::path> folders;
  for (const auto& mount : mounts)
    if (fs::is_directory(mount.source)) folders.push_back(mount.source);
  return folders;
}

bool CanUse(unsigned uid, const std::vector<std::string>& paths) {
  return InChild([&] {
    if (::setresgid(uid, uid, uid) != 0 || ::setresuid(uid, uid, uid) != 0) return false;
    for (const auto& path : paths)
      if (::access(path.c_str(), R_OK | X_OK) != 0) return false;
    return true;
  });
}

std::string UserName(unsigned uid) {
  const passwd* entry = uid == ::geteuid() ? ::getpwuid(uid) : nullptr;  // one call at a time
  return (entry != nullptr ? std::string(entry->pw_name) + " (uid " : "(uid ") +
         std::to_string(uid) + ")";
}

}  // namespace

Result<SandboxPlan> PrepareSandbox(const InstanceSpec& spec, const InstanceFolder& folder,
                                   const LaunchOptions& options) {
  SandboxPlan plan;
  plan.instance = spec.id;
  plan.folder = folder.path();
  plan.host_name = spec.host_name;
  plan.work_order = spec.work_order;
  plan.held = Folders(spec.read_only);
  ASSIGN_OR_RETURN(plan.drop_to_uid, TakeUid(folder, options.instances));
  if (plan.drop_to_uid != 0) plan.names.push_back(UidName(plan.drop_to_uid));
  const fs::path etc = folder.path() / "etc";
  const fs::path ml = folder.path() / "ml";
  // run/ stays ours: the server makes its sockets there, the instance only connects to them.
  RETURN_IF_ERROR(MakeFolder(ml, plan.drop_to_uid, 0755));
  RETURN_IF_ERROR(MakeFolder(folder.sockets(), 0, 0755));
  RETURN_IF_ERROR(MakeFolder(etc, 0, 0755));
  RETURN_IF_ERROR(WriteFile(
      etc / "passwd",
      "root:x:0:0:root:/root:/bin/sh\nsagemaker:x:1000:1000::/home/sagemaker:/bin/bash\n"));
  RETURN_IF_ERROR(WriteFile(etc / "group", "root:x:0:\nsagemaker:x:1000:\n"));
  RETURN_IF_ERROR(WriteFile(etc / "hosts", "127.0.0.1 localhost " + spec.host_name + "\n"));
  RETURN_IF_ERROR(WriteFile(etc / "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"));

  for (const char* name : {"passwd", "group", "hosts", "nsswitch.conf"})
    plan.binds.push_back({etc / name, std::string("/etc/") + name, false});
  plan.binds.push_back({options.agent, "/opt/sagebrush/agent", false});
  if (!options.ca_bundle.empty())
    plan.binds.push_back({options.ca_bundle, "/opt/sagebrush/ca-bundle.pem", false});
  for (const auto& mount : spec.read_only)
    plan.binds.push_back({mount.source, mount.target, false});
  plan.binds.push_back({ml, "/opt/ml", true});
  plan.binds.push_back({folder.sockets(), "/run/sagebrush", false});
  return plan;
}

Result<SandboxPlan> PrepareBare(const InstanceSpec& spec, const InstanceFolder& folder,
                                const LaunchOptions& options) {
  RETURN_IF_ERROR(folder.Note("isolation", IsolationName(Isolation::kNone)));
  SandboxPlan plan;
  plan.isolation = Isolation::kNone;
  plan.instance = spec.id;
  plan.folder = folder.path();
  plan.held = Folders(spec.read_only);

  BareLayout layout;
  layout.agent = options.agent;
  layout.mounts = spec.read_only;
  fs::path own = folder.path();
  ASSIGN_OR_RETURN(const unsigned uid, TakeUid(folder, options.instances));
  if (uid != 0) {
    // Unless it could not even read what it is to run (a cache below /root, say).
    std::vector<std::string> needed = {options.agent.string(), options.open_root.string()};
    for (const auto& mount : spec.read_only) needed.push_back(mount.source.string());
    if (CanUse(uid, needed)) {
      plan.drop_to_uid = uid;
      plan.names.push_back(UidName(uid));
      own = options.open_root / (OpenFolderPrefix(options.instances) + spec.id);
      RETURN_IF_ERROR(folder.Note("open-folder", own.string()));
      RETURN_IF_ERROR(MakeFolder(own, 0, 0711));
    } else {
      std::error_code ignored;
      fs::remove(folder.path() / "uid", ignored);
    }
  }
  layout.ml = own / "ml";
  layout.tmp = own / "tmp";
  layout.sockets = folder.sockets();
  RETURN_IF_ERROR(MakeFolder(layout.ml, plan.drop_to_uid, 0700));
  RETURN_IF_ERROR(MakeFolder(layout.tmp, plan.drop_to_uid, 0700));
  // The server makes its sockets there: the folder stays ours, and only the instance's own group may walk in.
  RETURN_IF_ERROR(MakeFolder(layout.sockets, 0, plan.drop_to_uid == 0 ? 0700 : 0750));
  if (plan.drop_to_uid != 0 && ::chown(layout.sockets.c_str(), 0, plan.drop_to_uid) != 0)
    return LastErrno("cannot give away " + layout.sockets.string());
  if (!options.ca_bundle.empty()) {
    ASSIGN_OR_RETURN(const std::string bundle, ReadFile(options.ca_bundle));
    layout.ca_bundle = own / "ca-bundle.pem";
    RETURN_IF_ERROR(WriteFile(layout.ca_bundle, bundle));
  }
  ASSIGN_OR_RETURN(const unsigned port, TakePorts(folder, options.instances, &plan));
  layout.serving_port = static_cast<int>(port);
  layout.api_port = static_cast<int>(port) + 1;
  const bool has_opt_ml = ::geteuid() == 0 && CanBindFolder("/opt/ml");
  if (has_opt_ml) plan.binds.push_back({layout.ml, "/opt/ml", true});

  plan.command = BareAgentCommand(spec.id, layout);
  plan.environment = BareAgentEnvironment(spec.id);
  plan.work_order = RelocatedOrder(spec.work_order, layout);
  const bool own_user = plan.drop_to_uid != 0;
  Json lines = Json::Array();
  for (auto& line :
       NotIsolatedLines(layout, {.user = UserName(own_user ? plan.drop_to_uid : ::geteuid()),
                                .own_user = own_user,
                                .has_opt_ml = has_opt_ml,
                                .wants_isolation = !spec.work_order.GetBool("network", true)}))
    lines.Append(std::move(line));
  if (const Json* first = plan.work_order.Find("first_log_lines");
      first != nullptr && first->is_array())
    for (const auto& line : first->AsArray()) lines.Append(line);
  plan.work_order["first_log_lines"] = std::move(lines);
  return plan;
}

}  // namespace sagebrush::orchestrator
