// SPDX-License-Identifier: Apache-2.0
// What an ml.* instance type names: cores and memory, worked out from AWS's naming ("ml.c5.18xlarge": compute family, 72
// virtual cores, 2 GiB a core). Used to reserve memory, never to promise hardware. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace sagebrush::orchestrator {

struct InstanceType {
  int cores = 0;
  std::uint64_t memory_bytes = 0;
};

// kInvalidArgument for what is no instance type.
Result<InstanceType> ParseInstanceType(std::string_view name);

}  // namespace sagebrush::orchestrator
