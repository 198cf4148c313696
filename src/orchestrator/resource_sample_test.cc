// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/resource_sample.h"

#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

Json Message(Json cpu, Json memory, Json disk) {
  return Json::Object({{"type", "metrics"},
                       {"cpu_percent", std::move(cpu)},
                       {"memory_bytes", std::move(memory)},
                       {"disk_percent", std::move(disk)}});
}

TEST(ResourceSample, ReadsWhatAnAgentMeasured) {
  const auto sample = ReadSample(Message(150.5, 1 << 20, 40), FromMillis(7)).value();

  EXPECT_EQ(sample.at, FromMillis(7));
  EXPECT_EQ(sample.cpu_percent, 150.5);
  EXPECT_EQ(sample.memory_bytes, 1 << 20);
  EXPECT_EQ(sample.disk_percent, 40);
}

TEST(ResourceSample, RefusesFiguresThatNoMachineHas) {
  for (const Json& message :
       {Message(-1, 0, 0), Message(1e9, 0, 0), Message(0, -1, 0), Message(0, 1e18, 0),
        Message(0, 0, 100.5), Message("1", 0, 0), Message(nullptr, 0, 0), Json::Object()})
    EXPECT_EQ(ReadSample(message, FromMillis(0)).status().code(), Code::kInvalidArgument)
        << message.Dump();
}

}  // namespace
}  // namespace sagebrush::orchestrator
