// SPDX-License-Identifier: Apache-2.0
#include "base/process_tree.h"

#include <dirent.h>
#include <map>
#include <optional>
#include <signal.h>
#include <string>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush {
namespace {

// pid → parent of every live process, from /proc/PID/stat: "12 (name with ) and spaces) S 1 …".
std::map<pid_t, pid_t> Parents() {
  std::map<pid_t, pid_t> parents;
  DIR* const folder = ::opendir("/proc");
  if (folder == nullptr) return parents;
  while (const dirent* entry = ::readdir(folder)) {
    const std::optional<std::int64_t> pid = ParseInt(entry->d_name);
    if (!pid) continue;
    const Result<std::string> stat = ReadFile("/proc/" + std::to_string(*pid) + "/stat");
    if (!stat.ok()) continue;  // it has ended meanwhile
    const std::size_t name_end = stat->rfind(')');
    if (name_end == std::string::npos) continue;
    const std::vector<std::string_view> fields =
        Split(std::string_view(*stat).substr(name_end + 1), ' ');
    if (fields.size() < 3 || fields[1] == "Z" || fields[1] == "X") continue;
    if (const auto parent = ParseInt(fields[2]))
      parents[static_cast<pid_t>(*pid)] = static_cast<pid_t>(*parent);
  }
  ::closedir(folder);
  return parents;
}

}  // namespace

std::vector<pid_t> DescendantsOf(pid_t root) {
  const std::map<pid_t, pid_t> parents = Parents();
  std::vector<pid_t> found;
  for (const auto& [pid, parent] : parents) {
    // Chains are short; a chain broken by a process that has just ended leads to the subreaper at the next look.
    pid_t ancestor = parent;
    for (int depth = 0; depth < 1000 && ancestor != root && ancestor > 1; ++depth) {
      const auto next = parents.find(ancestor);
      if (next == parents.end()) break;
      ancestor = next->second;
    }
    if (ancestor == root) found.push_back(pid);
  }
  return found;
}

bool KillDescendants(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    const std::vector<pid_t> left = DescendantsOf(::getpid());
    if (left.empty()) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(1));  // the kernel needs a moment; there is nothing to wait on
  }
}

}  // namespace sagebrush
