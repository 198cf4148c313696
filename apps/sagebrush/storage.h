// SPDX-License-Identifier: Apache-2.0
// What lies in a data folder and in the cache, measured: for `sagebrush disk`, which says it, and `sagebrush gc`, which removes
// what nothing needs. Works beside a running server and without one; reads records, changes nothing.
#pragma once

#include <string>
#include <vector>

#include "apps/sagebrush/server_options.h"
#include "orchestrator/cleanup.h"

namespace sagebrush::apps {

// Of a whole tree, as the disk counts it; what goes away meanwhile counts as nothing.
std::uint64_t BytesOnDisk(const std::filesystem::path& path);

struct Share {
  std::string name;  // "records", "logs", "objects", "metrics", "packages", "instances", "other"
  std::uint64_t bytes = 0;
  bool operator==(const Share&) const = default;
};
std::vector<Share> SharesOf(const std::filesystem::path& data_folder);

Result<orchestrator::StorageSnapshot> TakeSnapshot(const ServerOptions& options);

// Whether somebody works with what is below `folder`: a keeper holds its lock, or a process runs from it.
bool IsInUse(const std::filesystem::path& folder);
// Ends what is left running of an instance without isolation whose keeper died: `folder` alone tells who that is, so this comes
// before its removal. Any other folder has nothing to end.
Status EndStraysOf(const std::filesystem::path& folder);
// Removes it unless somebody uses it: it is renamed under its lock first, so nobody finds half of it. False if it is in use.
Result<bool> RemoveUnused(const std::filesystem::path& folder);

}  // namespace sagebrush::apps
