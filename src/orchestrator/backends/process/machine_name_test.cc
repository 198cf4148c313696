// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/machine_name.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace sagebrush::orchestrator {
namespace {

TEST(MachineName, IsHeldByOneAtATimeAndFreeWhenItLetsGo) {
  const std::string name = "test-" + std::to_string(::getpid());
  auto held = TakeMachineName(name);
  ASSERT_TRUE(held.ok()) << held.status().ToString();

  EXPECT_EQ(TakeMachineName(name).status().code(), Code::kUnavailable);
  EXPECT_TRUE(TakeMachineName(name + "0").ok());

  held->Reset();
  EXPECT_TRUE(TakeMachineName(name).ok());
}

TEST(MachineName, ItsHolderIsKnownOnceItListens) {
  const std::string name = "test-holder-" + std::to_string(::getpid());
  EXPECT_EQ(HolderUid(name), std::nullopt);

  auto held = TakeMachineName(name);
  ASSERT_TRUE(held.ok()) << held.status().ToString();
  EXPECT_EQ(HolderUid(name), ::geteuid());

  held->Reset();
  EXPECT_EQ(HolderUid(name), std::nullopt);
}

TEST(MachineName, TooLongIsRefused) {
  EXPECT_EQ(TakeMachineName(std::string(200, 'x')).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace sagebrush::orchestrator
