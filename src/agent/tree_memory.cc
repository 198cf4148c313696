// SPDX-License-Identifier: Apache-2.0
#include "agent/tree_memory.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

// Sum of the named "Name:   12 kB" lines of a /proc file.
std::optional<std::uint64_t> SumOfFields(pid_t pid, std::string_view file,
                                         std::initializer_list<std::string_view> names) {
  const Result<std::string> text = ReadFile(fmt::format("/proc/{}/{}", pid, file));
  if (!text.ok() || text->empty()) return std::nullopt;
  std::uint64_t kibibytes = 0;
  for (const std::string_view line : Split(*text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (std::find(names.begin(), names.end(), line.substr(0, colon)) == names.end()) continue;
    std::string_view value = Trim(line.substr(colon + 1));
    value = value.substr(0, value.find(' '));
    kibibytes += ParseUint(value).value_or(0);
  }
  return kibibytes * 1024;
}

}  // namespace

std::uint64_t MemoryAtMost(const std::vector<pid_t>& processes) {
  std::uint64_t bytes = 0;
  for (const pid_t pid : processes)
    bytes += SumOfFields(pid, "status", {"RssAnon", "RssShmem"}).value_or(0);
  return bytes;
}

std::uint64_t MemoryShared(const std::vector<pid_t>& processes) {
  std::uint64_t bytes = 0;
  for (const pid_t pid : processes) {
    std::optional<std::uint64_t> held = SumOfFields(pid, "smaps_rollup", {"Pss_Anon", "Pss_Shmem"});
    if (!held) held = SumOfFields(pid, "status", {"RssAnon", "RssShmem"});
    bytes += held.value_or(0);
  }
  return bytes;
}

}  // namespace sagebrush::agent
