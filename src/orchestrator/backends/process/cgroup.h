// SPDX-License-Identifier: Apache-2.0
// Cgroups of instances, v1, v2 or both ("hybrid"): made, limited, asked about memory kills, emptied and removed. The root is
// a parameter, so tests work on a tree of plain files. Any thread may call.
// Facts: Linux kernel, admin-guide/cgroup-v1 and cgroup-v2; which controllers sit where: docs/decisions/0004-process-back-end.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sagebrush::orchestrator {

struct CgroupLimits {
  std::uint64_t memory_bytes = 0;  // 0: none
  int cpu_weight = 100;            // as cgroup v2's cpu.weight; v1's shares are 10.24 times that
  int max_processes = 0;           // 0: none
};

class CgroupTree {
 public:
  // `root` is /sys/fs/cgroup; `parent` the name under which all of one data folder's instances stand ("sagebrush-1a2b").
  // Looks which controllers can be written and takes only those.
  static CgroupTree Probe(const std::filesystem::path& root, std::string parent);

  bool limits_memory() const { return memory_; }
  bool available() const { return !hierarchies_.empty(); }

  // The folders to write a process id into (cgroup.procs), limits set.
  Result<std::vector<std::filesystem::path>> Create(const std::string& instance,
                                                    const CgroupLimits& limits) const;
  bool OutOfMemory(const std::string& instance) const;
  // Kills what is in there until it is empty (bounded), then removes the folders. Idempotent.
  Status Remove(const std::string& instance) const;
  // Removes the parent folders if they are empty.
  void RemoveParents() const;
  std::vector<std::string> List() const;

 private:
  struct Hierarchy {
    std::filesystem::path folder;  // <root>/memory/<parent>, or <root>/<parent> for v2
    bool v2 = false;
    bool memory = false, cpu = false, pids = false;
  };
  std::vector<Hierarchy> hierarchies_;
  bool memory_ = false;
};

}  // namespace sagebrush::orchestrator
