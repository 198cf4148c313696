// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/instance_uids.h"

#include <cstdint>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

constexpr unsigned kFirst = 1'700'000'000;
constexpr unsigned kCount =
    100'010'000;  // ten thousand for each of ten thousand places (launch.cc)
constexpr unsigned kOfContainer = 10'000;
constexpr unsigned kLeftToOthers = 10'000;  // the container's own people and services

struct Extent {
  std::uint64_t inside = 0, count = 0;
};

std::vector<Extent> Extents(std::string_view uid_map) {
  std::vector<Extent> extents;
  for (const auto line : Split(uid_map, '\n')) {
    std::vector<std::uint64_t> numbers;  // inside, outside, count
    for (const auto word : Split(line, ' '))
      if (const auto number = ParseUint(word)) numbers.push_back(*number);
    if (numbers.size() == 3) extents.push_back({numbers[0], numbers[2]});
  }
  return extents;
}

}  // namespace

std::optional<UidRange> ChooseUids(std::string_view uid_map) {
  for (const auto& extent : Extents(uid_map))
    if (extent.inside <= kFirst && extent.inside + extent.count >= std::uint64_t{kFirst} + kCount)
      return UidRange{kFirst, kCount};
  for (const auto& extent : Extents(uid_map))
    if (extent.count >= kOfContainer + kLeftToOthers)
      return UidRange{static_cast<unsigned>(extent.inside + extent.count - kOfContainer),
                      kOfContainer};
  return std::nullopt;
}

std::optional<UidRange> UidsForInstances() {
  if (::geteuid() != 0) return std::nullopt;
  const auto map = ReadFile("/proc/self/uid_map");
  return ChooseUids(map.ok() ? *map : "0 0 4294967295");
}

std::string UidName(unsigned uid) { return "uid-" + std::to_string(uid); }

}  // namespace sagebrush::orchestrator
