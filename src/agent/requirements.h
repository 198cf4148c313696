// SPDX-License-Identifier: Apache-2.0
// What a requirements.txt is to the cache of installed packages: a key under which others find what it gave, or none when it
// names something that only this job has. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sagebrush::agent {

struct PackageSet {
  using Variables = std::vector<std::pair<std::string, std::string>>;

  std::string requirements;       // the file's text
  std::string runtime;            // what they are installed for: its name and recipe; "": not known
  Variables machine_environment;  // the server's owner has set these
  Variables environment;          // and the job's these
  std::string day;  // "2026-11-24": versions that are not pinned are chosen anew each day
};

// Hexadecimal. Nothing when the packages must be installed anew each time: the file names local files, other requirements
// files, repositories, or takes values from the environment; or the job's own variables could make pip run or read what only
// this job has (PYTHONPATH, PIP_CONSTRAINT, a path).
std::optional<std::string> PackageSetKey(const PackageSet& set);

}  // namespace sagebrush::agent
