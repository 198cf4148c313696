// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/instance_type.h"

#include <algorithm>
#include <string>

#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

// Virtual cores of a size word; 0 if it is none.
int CoresOfSize(std::string_view size) {
  if (size == "medium") return 1;
  if (size == "large") return 2;
  if (size == "xlarge") return 4;
  if (!size.ends_with("xlarge")) return 0;
  const auto factor = ParseUint(size.substr(0, size.size() - 6));
  return factor && *factor >= 2 && *factor <= 96 ? static_cast<int>(*factor) * 4 : 0;
}

// GiB a virtual core: EC2's families (compute 2, general 4, memory 8; accelerated ones near 4 to 8).
int GiBPerCore(char family) {
  switch (family) {
    case 'c':
      return 2;
    case 'r':
      return 8;
    case 'x':
      return 16;
    case 'p':
      return 8;
    default:
      return 4;
  }
}

}  // namespace

Result<InstanceType> ParseInstanceType(std::string_view name) {
  const auto parts = Split(name, '.');
  const bool shaped = parts.size() == 3 && parts[0] == "ml" && parts[1].size() >= 2 &&
                      parts[1][0] >= 'a' && parts[1][0] <= 'z' &&
                      std::all_of(parts[1].begin(), parts[1].end(), [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                      });
  const int cores = shaped ? CoresOfSize(parts[2]) : 0;
  if (cores == 0)
    return InvalidArgument("'" + std::string(name) +
                           "' is no instance type (ml.FAMILY.SIZE, such as ml.m5.large)");
  return InstanceType{
      .cores = cores,
      .memory_bytes = static_cast<std::uint64_t>(cores * GiBPerCore(parts[1][0])) * kGiB};
}

}  // namespace sagebrush::orchestrator
