// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/instance_uids.h"

#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

TEST(InstanceUids, OnAMachineTheyAreAboveWhatAnybodyElseGets) {
  const auto range = ChooseUids("         0          0 4294967295\n");

  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->first, 1'700'000'000U);
}

TEST(InstanceUids, InAContainerThatMapsSomeThousandTheyAreTheLastOfThose) {
  EXPECT_EQ(ChooseUids("0 1000 1\n1 100000 65536\n"), (UidRange{55'537, 10'000}));
  EXPECT_EQ(ChooseUids("0 165536 65536\n"), (UidRange{55'536, 10'000}));
}

TEST(InstanceUids, WhereRootIsTheOnlyOneThereAreNone) {
  EXPECT_EQ(ChooseUids("0 1000 1\n"), std::nullopt);
  EXPECT_EQ(ChooseUids(""), std::nullopt);
}

}  // namespace
}  // namespace sagebrush::orchestrator
