// SPDX-License-Identifier: Apache-2.0
// What an agent measured of its instance's use, as its `metrics` message says it (docs/formats/agent-protocol.md). Plain
// value; pure function.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::orchestrator {

struct ResourceSample {
  TimePoint at{};          // when the server heard of it
  double cpu_percent = 0;  // 100 for each core that was busy since the sample before
  double memory_bytes = 0;
  double disk_percent = 0;  // of the file system that holds the instance's folders
};

// kInvalidArgument for figures that no machine has: user code may have taken the agent over.
Result<ResourceSample> ReadSample(const Json& message, TimePoint now);

}  // namespace sagebrush::orchestrator
