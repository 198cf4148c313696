// SPDX-License-Identifier: Apache-2.0
// PackageStore: what requirements.txt files gave, one archive for each account and key, made by an agent before its user's program
// ran and handed to later jobs (docs/decisions/0013-requirements.md). It is never unpacked here. An archive appears whole, by a
// rename, and never changes; the first one stays. A cache: losing one costs time, and one that nobody has asked for in two
// weeks goes when another comes. Any thread may call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush::orchestrator {

class PackageStore {
 public:
  // Gives up to `size` bytes; 0 at the end.
  using Source = std::function<Result<std::size_t>(char* data, std::size_t size)>;
  struct Archive {
    UniqueFd file;
    std::uint64_t size = 0;
  };

  // Removes what an interrupted Store left, and what is too old.
  static Result<PackageStore> Open(const std::filesystem::path& folder);

  // kNotFound; kInvalidArgument when `key` is no SHA-256 in hexadecimal.
  Result<Archive> Find(std::string_view account, std::string_view key) const;
  // kResourceExhausted beyond `limit` bytes.
  Status Store(std::string_view account, std::string_view key, const Source& source,
               std::uint64_t limit) const;

 private:
  explicit PackageStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<std::filesystem::path> PathOf(std::string_view account, std::string_view key) const;

  std::filesystem::path folder_;
};

}  // namespace sagebrush::orchestrator
