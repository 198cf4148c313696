// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/strays.h"

#include <chrono>
#include <csignal>
#include <functional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/strings.h"
#include "orchestrator/backends/process/instance_uids.h"
#include "orchestrator/backends/process/machine_name.h"

namespace sagebrush::orchestrator {

namespace {

constexpr std::chrono::seconds kStrayPatience{10};
constexpr std::chrono::milliseconds kPause{5};
// Another server that looks for a free uid takes its name for an instant.
constexpr std::chrono::milliseconds kNamePatience{200};

std::vector<pid_t> Processes(const std::function<bool(const fs::path&)>& is_one) {
  std::vector<pid_t> found;
  std::error_code error;
  for (auto it = fs::directory_iterator("/proc", error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    const auto pid = ParseInt(it->path().filename().string());
    if (pid && *pid > 1 && *pid != ::getpid() && is_one(it->path()))
      found.push_back(static_cast<pid_t>(*pid));
  }
  return found;
}

bool IsZombie(const fs::path& process) {
  const auto stat = ReadFile(process / "stat");
  const std::size_t end = stat.ok() ? stat->rfind(')') : std::string::npos;
  return end == std::string::npos || stat->compare(end, 4, ") Z ") == 0;
}

// All of a uid at once, in one system call: a process that forks cannot outrun it.
void KillAllOf(unsigned uid) {
  const pid_t child = ::fork();
  if (child == 0) {
    // Only what is safe after a fork of a threaded program.
    if (::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0) ::kill(-1, SIGKILL);
    ::_exit(0);
  }
  if (child > 0) ::waitpid(child, nullptr, 0);
}

// Whether nobody is to be spared among the uid's processes: its name could be taken, and `name` then holds it; or it is with
// one of those very processes, or with something that no keeper leaves there. Else the uid is another instance's by now.
bool MayKillAllOf(unsigned uid, UniqueFd* name) {
  const std::string uid_name = UidName(uid);
  const auto deadline = std::chrono::steady_clock::now() + kNamePatience;
  while (true) {
    auto taken = TakeMachineName(uid_name);
    if (taken.ok()) {
      *name = std::move(*taken);
      return true;
    }
    if (taken.status().code() != Code::kUnavailable) return false;
    const auto holder = HolderUid(uid_name);
    if (holder == uid) return true;
    if (std::chrono::steady_clock::now() > deadline) return !holder;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

std::vector<pid_t> MarkedProcesses(const std::string& instance) {
  const std::string mark = std::string(kInstanceMark) + "=" + instance;
  return Processes([&](const fs::path& process) {
    const auto environment = ReadFile(process / "environ");
    if (!environment.ok()) return false;
    for (const auto variable : Split(*environment, '\0'))
      if (variable == mark) return !IsZombie(process);
    return false;
  });
}

std::vector<pid_t> ProcessesOf(unsigned uid) {
  return Processes([uid](const fs::path& process) {
    // A process that is not dumpable has root's files in /proc: its status tells whose it is.
    const auto status = ReadFile(process / "status");
    if (!status.ok()) return false;
    for (const auto line : Split(*status, '\n')) {
      if (!line.starts_with("Uid:")) continue;
      return ParseUint(Split(Trim(line.substr(4)), '\t').front()) == uid && !IsZombie(process);
    }
    return false;
  });
}

Status KillStrays(const std::string& instance, std::optional<unsigned> uid) {
  UniqueFd name;  // once taken, held to the end: nobody is given the uid meanwhile
  unsigned own_uid = uid.value_or(0);
  const auto deadline = std::chrono::steady_clock::now() + kStrayPatience;
  while (true) {
    if (own_uid != 0 && !name.valid() && !MayKillAllOf(own_uid, &name)) own_uid = 0;
    auto left = MarkedProcesses(instance);
    if (own_uid != 0)
      for (const pid_t pid : ProcessesOf(own_uid)) left.push_back(pid);
    if (left.empty()) return Status::Ok();
    if (std::chrono::steady_clock::now() > deadline)
      return DeadlineExceeded("processes of instance " + instance + " do not die");
    if (own_uid != 0) KillAllOf(own_uid);
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace sagebrush::orchestrator
