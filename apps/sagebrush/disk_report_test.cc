// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/disk_report.h"

#include <gtest/gtest.h>

namespace sagebrush::apps {
namespace {

using orchestrator::CachedFolder;

TEST(Readable, IsAsWideForEverySize) {
  EXPECT_EQ(Readable(0), "     0.0 KB");
  EXPECT_EQ(Readable(999'949), "   999.9 KB");
  EXPECT_EQ(Readable(1'000'000), "     1.0 MB");
  EXPECT_EQ(Readable(1'500'000'000), "    1.50 GB");
}

TEST(StandingOf, SaysTheFirstReasonToStayOrGo) {
  const auto standing = [](const CachedFolder& folder) {
    return StandingOf(folder,
                      {.cached = {}, .instances = {}, .needed_runtimes = {"r"}, .server_runs = {}});
  };
  CachedFolder runtime;
  runtime.name = "r";
  runtime.unused_for = std::chrono::hours(75);
  EXPECT_EQ(standing(runtime), "needed");
  runtime.is_current = false;
  EXPECT_EQ(standing(runtime), "of an older recipe");
  runtime.in_catalogue = false;
  EXPECT_EQ(standing(runtime), "not in the catalogue");
  runtime.in_use = true;
  EXPECT_EQ(standing(runtime), "in use");

  CachedFolder other;
  other.name = "s";
  EXPECT_EQ(standing(other), "last used today");
  other.unused_for = std::chrono::hours(75);
  EXPECT_EQ(standing(other), "last used 3 days ago");
  other.kind = CachedFolder::Kind::kPackages;
  EXPECT_EQ(standing(other), "last used 3 days ago");
  other.kind = CachedFolder::Kind::kLeftover;
  EXPECT_EQ(standing(other), "left over");
}

}  // namespace
}  // namespace sagebrush::apps
