// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/finding.h"

#include <gtest/gtest.h>

namespace sagebrush::apps {
namespace {

using Level = Finding::Level;

const Finding kFine{.name = "clock", .what = "synchronised"};
const Finding kDoubtful{.name = "memory",
                        .level = Level::kWarning,
                        .what = "little",
                        .remedies = {"more:\n  docker run --memory 8g\n", "or less"}};
const Finding kBad{.name = "port", .level = Level::kProblem, .what = "taken"};

TEST(Findings, OnlyAProblemKeepsAServerFromWorking) {
  EXPECT_FALSE(HasProblem({}));
  EXPECT_FALSE(HasProblem({kFine, kDoubtful}));
  EXPECT_TRUE(HasProblem({kFine, kBad, kDoubtful}));
}

TEST(Findings, AreTextInColumnsWithEachRemedyBelow) {
  EXPECT_EQ(ToText({kFine, kDoubtful}),
            "ok       clock         synchronised\n"
            "warning  memory        little\n"
            "           what to do: more:\n"
            "                 docker run --memory 8g\n"
            "           what to do: or less\n"
            "\nA server can work here.\n");
  EXPECT_EQ(ToText({kBad}),
            "problem  port          taken\n"
            "\nA server cannot work here as it is: see the problems above.\n");
}

TEST(Findings, AreOneDocumentForPrograms) {
  EXPECT_EQ(ToJson({kFine, kBad}).Dump(),
            R"({"ok":false,"findings":[{"name":"clock","level":"ok","what":"synchronised",)"
            R"("remedies":[]},{"name":"port","level":"problem","what":"taken","remedies":[]}]})");
}

}  // namespace
}  // namespace sagebrush::apps
