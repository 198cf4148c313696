// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/cgroup.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

constexpr int kKillRounds =
    200;  // of 5 ms: a killed process leaves its cgroup when the kernel has torn it down
constexpr std::chrono::milliseconds kKillPause{5};

Status WriteControl(const fs::path& file, const std::string& value) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(file, O_WRONLY));
  return WriteAll(fd.get(), value).WithContext(file.string());
}

bool Contains(std::string_view words, std::string_view word) {
  for (const auto part : Split(Trim(words), ' '))
    if (part == word) return true;
  return false;
}

// The number behind `name` in lines of "name number".
std::uint64_t Counter(const fs::path& file, std::string_view name) {
  const auto text = ReadFile(file);
  if (!text.ok()) return 0;
  for (const auto line : Split(*text, '\n')) {
    const auto space = line.find(' ');
    if (space != std::string_view::npos && line.substr(0, space) == name)
      return ParseUint(Trim(line.substr(space))).value_or(0);
  }
  return 0;
}

// Whether a folder of ours can stand there. Kept when it can.
bool CanMake(const fs::path& folder) {
  return (::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) &&
         ::access(folder.c_str(), W_OK) == 0;
}

}  // namespace

CgroupTree CgroupTree::Probe(const fs::path& root, std::string parent) {
  CgroupTree tree;
  for (const char* controller : {"memory", "cpu", "pids", "freezer"}) {
    const fs::path v1 = root / controller;
    if (!fs::exists(v1 / "cgroup.procs") || fs::exists(v1 / "cgroup.controllers")) continue;
    if (!CanMake(v1 / parent)) continue;
    tree.hierarchies_.push_back({.folder = v1 / parent,
                                 .v2 = false,
                                 .memory = std::string_view(controller) == "memory",
                                 .cpu = std::string_view(controller) == "cpu",
                                 .pids = std::string_view(controller) == "pids"});
  }
  const auto controllers = ReadFile(root / "cgroup.controllers");
  if (controllers.ok() && Contains(*controllers, "memory") && CanMake(root / parent)) {
    // A parent hands controllers down only when told; the root usually has been told by the init system.
    for (const char* name : {"+memory", "+cpu", "+pids"}) {
      (void)WriteControl(root / "cgroup.subtree_control",
                         name);  // already so, or not ours to say: seen below
      (void)WriteControl(root / parent / "cgroup.subtree_control", name);
    }
    const auto given = ReadFile(root / parent / "cgroup.subtree_control");
    if (given.ok() && Contains(*given, "memory"))
      tree.hierarchies_.push_back({.folder = root / parent,
                                   .v2 = true,
                                   .memory = true,
                                   .cpu = Contains(*given, "cpu"),
                                   .pids = Contains(*given, "pids")});
    else
      ::rmdir((root / parent).c_str());
  }
  for (const auto& hierarchy : tree.hierarchies_) tree.memory_ = tree.memory_ || hierarchy.memory;
  return tree;
}

Result<std::vector<fs::path>> CgroupTree::Create(const std::string& instance,
                                                 const CgroupLimits& limits) const {
  std::vector<fs::path> folders;
  for (const auto& hierarchy : hierarchies_) {
    const fs::path folder = hierarchy.folder / instance;
    RETURN_IF_ERROR(MakeFolders(folder));
    if (hierarchy.memory && limits.memory_bytes > 0) {
      const std::string bytes = std::to_string(limits.memory_bytes);
      RETURN_IF_ERROR(
          WriteControl(folder / (hierarchy.v2 ? "memory.max" : "memory.limit_in_bytes"), bytes));
      // Without swap accounting the file is not there, and there is then nothing to limit.
      (void)WriteControl(
          folder / (hierarchy.v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes"),
          hierarchy.v2 ? "0" : bytes);
    }
    if (hierarchy.cpu)
      RETURN_IF_ERROR(WriteControl(
          folder / (hierarchy.v2 ? "cpu.weight" : "cpu.shares"),
          std::to_string(hierarchy.v2 ? limits.cpu_weight : limits.cpu_weight * 1024 / 100)));
    if (hierarchy.pids && limits.max_processes > 0)
      RETURN_IF_ERROR(WriteControl(folder / "pids.max", std::to_string(limits.max_processes)));
    folders.push_back(folder);
  }
  return folders;
}

bool CgroupTree::OutOfMemory(const std::string& instance) const {
  for (const auto& hierarchy : hierarchies_) {
    if (!hierarchy.memory) continue;
    const fs::path file =
        hierarchy.folder / instance / (hierarchy.v2 ? "memory.events" : "memory.oom_control");
    if (Counter(file, "oom_kill") > 0) return true;
  }
  return false;
}

Status CgroupTree::Remove(const std::string& instance) const {
  for (const auto& hierarchy : hierarchies_) {
    const fs::path folder = hierarchy.folder / instance;
    for (int round = 0; fs::exists(folder); ++round) {
      const auto processes = ReadFile(folder / "cgroup.procs");
      for (const auto line : Split(processes.value_or(""), '\n'))
        if (const auto pid = ParseInt(line)) ::kill(static_cast<pid_t>(*pid), SIGKILL);
      if (::rmdir(folder.c_str()) == 0) break;
      if (round == kKillRounds) return LastErrno("cannot remove " + folder.string());
      std::this_thread::sleep_for(kKillPause);
    }
  }
  return Status::Ok();
}

void CgroupTree::RemoveParents() const {
  for (const auto& hierarchy : hierarchies_) ::rmdir(hierarchy.folder.c_str());
}

std::vector<std::string> CgroupTree::List() const {
  std::set<std::string> names;
  for (const auto& hierarchy : hierarchies_) {
    std::error_code error;
    for (auto it = fs::directory_iterator(hierarchy.folder, error);
         !error && it != fs::directory_iterator(); it.increment(error))
      if (it->is_directory(error)) names.insert(it->path().filename().string());
  }
  return {names.begin(), names.end()};
}

}  // namespace sagebrush::orchestrator
