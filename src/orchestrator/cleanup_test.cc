// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/cleanup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr hours kMonth{30 * 24};

CachedFolder Runtime(const std::string& name) {
  return {.kind = CachedFolder::Kind::kRuntime,
          .name = name,
          .path = "/cache/runtimes/" + name,
          .bytes = 10,
          .unused_for = hours(100 * 24)};
}

std::vector<Removal> Plan(CachedFolder folder, hours keep = kMonth) {
  StorageSnapshot snapshot;
  snapshot.cached = {std::move(folder)};
  snapshot.needed_runtimes = {"needed"};
  return PlanCleanup(snapshot, keep);
}

TEST(Cleanup, WhatAJobOrAnEndpointNeedsStaysHoweverOldItIs) {
  EXPECT_THAT(Plan(Runtime("needed"), hours(0)), IsEmpty());
}

TEST(Cleanup, WhatNothingNeedsStaysAsLongAsTheCallerSaysAfterItsLastUse) {
  for (auto kind : {CachedFolder::Kind::kRuntime, CachedFolder::Kind::kPackages}) {
    CachedFolder old = Runtime("other"), fresh = old;
    old.kind = fresh.kind = kind;
    fresh.unused_for = hours(24);

    EXPECT_THAT(Plan(fresh), IsEmpty());
    EXPECT_THAT(Plan(fresh, hours(0)), SizeIs(1));
    EXPECT_THAT(Plan(old, hours(101 * 24)), IsEmpty());
    ASSERT_THAT(Plan(old), SizeIs(1));
    EXPECT_THAT(Plan(old)[0].why, HasSubstr("100 days ago"));
  }
}

TEST(Cleanup, WhatCanNeverBeUsedAgainGoesAtOnce) {
  CachedFolder unknown = Runtime("gone"), old = Runtime("needed"), leftover = Runtime("x.making");
  unknown.in_catalogue = false;
  old.is_current = false;
  leftover.kind = CachedFolder::Kind::kLeftover;
  for (auto* folder : {&unknown, &old, &leftover}) folder->unused_for = hours(0);

  EXPECT_THAT(Plan(unknown), SizeIs(1));
  EXPECT_THAT(Plan(old), SizeIs(1));
  EXPECT_THAT(Plan(leftover), SizeIs(1));
}

TEST(Cleanup, WhatSomebodyHasNowStaysWhateverItIs) {
  for (auto kind : {CachedFolder::Kind::kRuntime, CachedFolder::Kind::kPackages,
                    CachedFolder::Kind::kLeftover}) {
    CachedFolder folder = Runtime("other");
    folder.kind = kind;
    folder.in_catalogue = false;
    folder.in_use = true;
    EXPECT_THAT(Plan(folder, hours(0)), IsEmpty());
  }
}

TEST(Cleanup, OnlyInstancesThatNobodyKnowsGoAndOnlyWhereNoServerRuns) {
  StorageSnapshot snapshot;
  snapshot.instances = {{.id = "i-kept", .paths = {"/i/kept"}, .is_kept = true},
                        {.id = "i-known", .paths = {"/i/known"}, .has_record = true},
                        {.id = "i-lost", .paths = {"/i/lost", "/var/tmp/lost"}, .bytes = 7}};

  const auto removals = PlanCleanup(snapshot, kMonth);
  ASSERT_THAT(removals, SizeIs(2));
  EXPECT_EQ(removals[0].path, "/i/lost");
  EXPECT_EQ(removals[0].bytes + removals[1].bytes, 7U);

  snapshot.server_runs = true;
  EXPECT_THAT(PlanCleanup(snapshot, kMonth), IsEmpty());
}

}  // namespace
}  // namespace sagebrush::orchestrator
