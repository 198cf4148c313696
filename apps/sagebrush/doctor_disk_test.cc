// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/doctor_disk.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::apps {
namespace {

using Kind = DiskFacts::Kind;
using Level = Finding::Level;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr DiskWanted kData{.name = "data folder",
                           .option = "--data-dir",
                           .least = 100 * kMiB,
                           .comfortable = 1000 * kMiB,
                           .keeps_records = true,
                           .has_programs = false};
constexpr DiskWanted kCache{.name = "cache folder",
                            .option = "--cache-dir",
                            .least = 100 * kMiB,
                            .comfortable = 1000 * kMiB,
                            .keeps_records = false,
                            .has_programs = true};

DiskFacts Good() {
  return {.nearest = "/d", .kind = Kind::kDisk, .free = 2000 * kMiB, .may_write = true};
}
DiskFacts On(Kind kind) {
  DiskFacts facts = Good();
  facts.kind = kind;
  return facts;
}
DiskFacts With(std::uint64_t free) {
  DiskFacts facts = Good();
  facts.free = free;
  return facts;
}

TEST(JudgeDisk, AnOrdinaryFolderIsFineAndItsRoomIsTold) {
  const Finding found = JudgeDisk("/d", Good(), kData);

  EXPECT_EQ(found.level, Level::kOk);
  EXPECT_EQ(found.what, "/d; 2000 MiB free");
  EXPECT_TRUE(found.remedies.empty());
}

TEST(JudgeDisk, LittleRoomIsAWarningAndNoneAProblem) {
  EXPECT_EQ(JudgeDisk("/d", With(1000 * kMiB), kData).level, Level::kOk);
  const Finding little = JudgeDisk("/d", With(1000 * kMiB - 1), kData);
  EXPECT_EQ(little.level, Level::kWarning);
  EXPECT_EQ(little.what, "/d; only 999 MiB free (1000 MiB are comfortable)");
  EXPECT_NE(little.remedies.front().find("sagebrush gc"), std::string::npos);
  EXPECT_EQ(JudgeDisk("/d", With(100 * kMiB - 1), kData).level, Level::kProblem);
}

TEST(JudgeDisk, RecordsWantALocalDiskAndACacheDoesNot) {
  EXPECT_EQ(JudgeDisk("/d", On(Kind::kNetwork), kData).level, Level::kProblem);
  EXPECT_EQ(JudgeDisk("/d", On(Kind::kMemory), kData).level, Level::kWarning);
  const Finding layer = JudgeDisk("/d", On(Kind::kContainerLayer), kData);
  EXPECT_EQ(layer.level, Level::kWarning);
  EXPECT_EQ(layer.remedies.front(), "keep it outside: docker run -v sagebrush:/d …");
  for (const Kind kind : {Kind::kNetwork, Kind::kMemory, Kind::kContainerLayer})
    EXPECT_EQ(JudgeDisk("/d", On(kind), kCache).level, Level::kOk);
}

TEST(JudgeDisk, ACacheMustRunPrograms) {
  DiskFacts facts = Good();
  facts.runs_programs = false;

  EXPECT_EQ(JudgeDisk("/d", facts, kCache).level, Level::kProblem);
  EXPECT_EQ(JudgeDisk("/d", facts, kData).level, Level::kOk);
}

TEST(JudgeDisk, WhatMayNotBeWrittenNamesTheFolderThatRefuses) {
  DiskFacts facts = Good();
  facts.may_write = false;

  const Finding found = JudgeDisk("/d/not/made", facts, kData);

  EXPECT_EQ(found.level, Level::kProblem);
  EXPECT_NE(found.what.find("this user may not write in /d;"), std::string::npos) << found.what;
}

TEST(JudgeDisk, TheWorstOfSeveralThingsCountsAndAllAreTold) {
  DiskFacts facts = On(Kind::kMemory);
  facts.free = 1;

  const Finding found = JudgeDisk("/d", facts, kData);

  EXPECT_EQ(found.level, Level::kProblem);
  EXPECT_EQ(found.remedies.size(), 2U);
  EXPECT_NE(found.what.find("tmpfs"), std::string::npos);
}

TEST(JudgeDisk, WhatCannotBeLookedAtIsAProblem) {
  EXPECT_EQ(JudgeDisk("/d", {.nearest = "/"}, kData).level, Level::kProblem);
}

TEST(ExamineDisk, LooksAtFoldersThatAreStillToBeMade) {
  const TempFolder folder = TempFolder::Create().value();
  ServerOptions options;
  options.data_folder = folder.path() / "not/made";
  options.cache_folder = folder.path();

  const auto findings = ExamineDisk(options);

  ASSERT_EQ(findings.size(), 2U);
  EXPECT_NE(findings[0].what.find("MiB free"), std::string::npos) << findings[0].what;
  EXPECT_FALSE(fs::exists(options.data_folder));
}

}  // namespace
}  // namespace sagebrush::apps
