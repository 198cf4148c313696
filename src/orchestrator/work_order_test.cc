// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/work_order.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "orchestrator/runtime_maker.h"

namespace sagebrush::orchestrator {
namespace {

Json OrderWith(const std::string& recipe) {
  TrainingPlan plan;
  plan.workload.runtime = "toy";
  return TrainingWorkOrder(
      plan, "i-1", "token",
      {.runtime = "/r", .library = {}, .python = "bin/python", .recipe = recipe}, 0);
}

TEST(WorkOrder, PackagesAreKeptForARuntimeAsItsRecipeMadeIt) {
  EXPECT_EQ(OrderWith("aa").GetString("runtime"), "toy:aa");
  EXPECT_NE(OrderWith("aa").GetString("runtime"), OrderWith("bb").GetString("runtime"));
  EXPECT_EQ(OrderWith("").GetString("runtime"), "");  // and then none are kept
}

TEST(WorkOrder, TheRecipeIsWhatTheRuntimesMarkerNames) {
  const TempFolder folder = TempFolder::Create().value();
  EXPECT_EQ(RecipeOf(folder.path()), "");
  ASSERT_TRUE(WriteFile(folder.path() / ".made", "aa\n").ok());
  EXPECT_EQ(RecipeOf(folder.path()), "aa");
}

}  // namespace
}  // namespace sagebrush::orchestrator
