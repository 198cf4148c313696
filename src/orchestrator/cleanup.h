// SPDX-License-Identifier: Apache-2.0
// What of the cache and of a data folder nothing needs any more: a pure function from what lies there to what may go, and why.
// Removing is the caller's, who looks again under each thing's lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace sagebrush::orchestrator {

// Something on disk that is made again when it is needed: a runtime, an archive of packages.
struct CachedFolder {
  enum class Kind {
    kRuntime,
    kPackages,
    kLeftover
  };  // kLeftover: of an interrupted or replaced make
  Kind kind = Kind::kRuntime;
  std::string name;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  bool in_catalogue = true;  // runtimes
  bool is_current = true;    // runtimes: made by today's recipe
  bool in_use = false;       // a keeper, a maker or some process has it now
  std::chrono::hours unused_for{0};
};

struct InstanceLeft {
  std::string id;
  std::vector<std::filesystem::path> paths;
  std::uint64_t bytes = 0;
  bool is_kept = false;     // its keeper lives
  bool has_record = false;  // a server will look after it
};

struct StorageSnapshot {
  std::vector<CachedFolder> cached;
  std::vector<InstanceLeft> instances;
  std::set<std::string> needed_runtimes;  // of jobs that are not over, and endpoints
  bool server_runs = false;               // it removes instances itself
};

struct Removal {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string why;
};

std::vector<Removal> PlanCleanup(const StorageSnapshot& snapshot, std::chrono::hours keep_unused);

}  // namespace sagebrush::orchestrator
