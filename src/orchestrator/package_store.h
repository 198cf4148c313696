// SPDX-License-Identifier: Apache-2.0
// PackageStore: what requirements.txt files gave, one archive for each account and key, made by an agent before its user's program
// ran and handed to later jobs (docs/decisions/0013-requirements.md). It is never unpacked here. An archive appears whole, by a
// rename, and never changes; the first one stays. A cache: losing one costs time, and those whose last use is longest ago go
// when all together are too large. How long one stays that nobody asks for is `sagebrush gc`'s. Any thread may call.
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

  using FreeSpace = std::function<std::filesystem::space_info(const std::filesystem::path&)>;
  struct Bounds {
    std::uint64_t total = std::uint64_t{20} << 30;  // of all archives
    FreeSpace free_space = nullptr;                 // the disk's own, if none is given
  };

  // Removes what an interrupted Store left, and what is too much.
  static Result<PackageStore> Open(const std::filesystem::path& folder);
  static Result<PackageStore> Open(const std::filesystem::path& folder, Bounds bounds);

  // kNotFound; kInvalidArgument when `key` is no SHA-256 in hexadecimal.
  Result<Archive> Find(std::string_view account, std::string_view key) const;
  // kResourceExhausted beyond `limit` bytes, or when the disk has no more room than what records and logs need.
  Status Store(std::string_view account, std::string_view key, const Source& source,
               std::uint64_t limit) const;

 private:
  PackageStore(std::filesystem::path folder, Bounds bounds)
      : folder_(std::move(folder)), bounds_(std::move(bounds)) {}
  Result<std::filesystem::path> PathOf(std::string_view account, std::string_view key) const;

  Status Copy(const Source& source, std::uint64_t limit, int file) const;
  Status CheckRoom() const;
  // Until all of them together are within the bound.
  void RemoveOldest() const;

  std::filesystem::path folder_;
  Bounds bounds_;
};

}  // namespace sagebrush::orchestrator
