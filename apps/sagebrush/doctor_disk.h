// SPDX-License-Identifier: Apache-2.0
// doctor's questions about the file systems of the data folder and the cache folder: what kind they are, whether they may be
// written, how much is free. Looking and judging are apart; judging is pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "apps/sagebrush/finding.h"
#include "apps/sagebrush/server_options.h"

namespace sagebrush::apps {

// Of the file system that a folder is on, or will be.
struct DiskFacts {
  enum class Kind { kDisk, kMemory, kContainerLayer, kNetwork };
  std::filesystem::path nearest;  // the folder, or the lowest one above it that is there
  std::optional<Kind> kind = {};  // nothing: it cannot be looked at
  std::uint64_t free = 0;
  bool may_write = false;
  bool runs_programs = true;
};

// What a folder of ours needs.
struct DiskWanted {
  const char* name;    // of the finding
  const char* option;  // that chooses another folder
  std::uint64_t least, comfortable;
  bool keeps_records;  // SQLite, durable
  bool has_programs;
};

Finding JudgeDisk(const std::filesystem::path& folder, const DiskFacts& facts,
                  const DiskWanted& wanted);

std::vector<Finding> ExamineDisk(const ServerOptions& options);

}  // namespace sagebrush::apps
