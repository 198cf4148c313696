// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/disk_report.h"

#include <cstdio>

namespace sagebrush::apps {

using orchestrator::CachedFolder;
using orchestrator::StorageSnapshot;

std::string Readable(std::uint64_t bytes) {
  char text[32];
  if (bytes >= 1'000'000'000)
    std::snprintf(text, sizeof text, "%8.2f GB", static_cast<double>(bytes) / 1e9);
  else if (bytes >= 1'000'000)
    std::snprintf(text, sizeof text, "%8.1f MB", static_cast<double>(bytes) / 1e6);
  else
    std::snprintf(text, sizeof text, "%8.1f KB", static_cast<double>(bytes) / 1e3);
  return text;
}

std::string StandingOf(const CachedFolder& folder, const StorageSnapshot& snapshot) {
  if (folder.in_use) return "in use";
  if (folder.kind == CachedFolder::Kind::kLeftover) return "left over";
  if (folder.kind == CachedFolder::Kind::kRuntime) {
    if (!folder.in_catalogue) return "not in the catalogue";
    if (!folder.is_current) return "of an older recipe";
    if (snapshot.needed_runtimes.contains(folder.name)) return "needed";
  }
  const auto days = std::chrono::duration_cast<std::chrono::days>(folder.unused_for).count();
  return days == 0 ? "last used today" : "last used " + std::to_string(days) + " days ago";
}

}  // namespace sagebrush::apps
