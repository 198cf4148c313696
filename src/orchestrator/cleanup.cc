// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/cleanup.h"

namespace sagebrush::orchestrator {

namespace {

// Why it may go; "" if it may not.
std::string WhyNot(const CachedFolder& folder, const StorageSnapshot& snapshot,
                   std::chrono::hours keep_unused) {
  if (folder.in_use) return "";
  switch (folder.kind) {
    case CachedFolder::Kind::kLeftover:
      return "left over by a make that was interrupted or replaced";
    case CachedFolder::Kind::kRuntime:
      if (!folder.in_catalogue) return "no longer in the catalogue";
      if (!folder.is_current) return "made by an older recipe";
      if (snapshot.needed_runtimes.contains(folder.name)) return "";
      break;
    case CachedFolder::Kind::kPackages:
      break;
  }
  if (folder.unused_for < keep_unused) return "";
  const auto days = std::chrono::duration_cast<std::chrono::days>(folder.unused_for).count();
  return "nothing needs it, and it was last used " +
         (days == 0 ? std::string("today") : std::to_string(days) + " days ago") +
         "; it is made again on first use";
}

}  // namespace

std::vector<Removal> PlanCleanup(const StorageSnapshot& snapshot, std::chrono::hours keep_unused) {
  std::vector<Removal> removals;
  for (const auto& folder : snapshot.cached)
    if (std::string why = WhyNot(folder, snapshot, keep_unused); !why.empty())
      removals.push_back({.path = folder.path, .bytes = folder.bytes, .why = std::move(why)});
  if (snapshot.server_runs) return removals;
  for (const auto& instance : snapshot.instances) {
    if (instance.is_kept || instance.has_record) continue;
    for (const auto& path : instance.paths)
      removals.push_back({.path = path,
                          .bytes = &path == &instance.paths.front() ? instance.bytes : 0,
                          .why = "of an instance that no job or endpoint knows"});
  }
  return removals;
}

}  // namespace sagebrush::orchestrator
