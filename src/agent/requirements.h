// SPDX-License-Identifier: Apache-2.0
// What a requirements.txt is to the cache of installed packages: a key under which others find what it gave, or none when it
// names something that only this job has. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sagebrush::agent {

struct PackageSet {
  std::string requirements;           // the file's text
  std::string runtime;                // the runtime that they are installed for
  std::vector<std::string> settings;  // of pip: "NAME=value"
  std::string day;  // "2026-11-24": versions that are not pinned are chosen anew each day
};

// Hexadecimal. Nothing when the packages must be installed anew each time: the file names local files, other requirements
// files, repositories, or takes values from the environment.
std::optional<std::string> PackageSetKey(const PackageSet& set);

}  // namespace sagebrush::agent
