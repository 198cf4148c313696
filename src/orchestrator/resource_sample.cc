// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/resource_sample.h"

namespace sagebrush::orchestrator {

namespace {

constexpr double kMaxCpu = 100 * 4096;
constexpr double kMaxMemory = 0x1p50;

bool IsWithin(double value, double most) { return value >= 0 && value <= most; }

}  // namespace

Result<ResourceSample> ReadSample(const Json& message, TimePoint now) {
  const ResourceSample sample{.at = now,
                              .cpu_percent = message.GetDouble("cpu_percent", -1),
                              .memory_bytes = message.GetDouble("memory_bytes", -1),
                              .disk_percent = message.GetDouble("disk_percent", -1)};
  if (!IsWithin(sample.cpu_percent, kMaxCpu) || !IsWithin(sample.memory_bytes, kMaxMemory) ||
      !IsWithin(sample.disk_percent, 100))
    return InvalidArgument("metrics that no machine has");
  return sample;
}

}  // namespace sagebrush::orchestrator
