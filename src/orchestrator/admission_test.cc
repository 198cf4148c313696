// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/instance_type.h"

namespace sagebrush::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
constexpr Machine kSmall{.cores = 2, .memory_bytes = 8 * kGiB};

WaitingJob Job(const std::string& id, const std::string& principal, int created,
               std::uint64_t memory = kGiB) {
  return {.id = id, .principal = principal, .created = FromMillis(created), .memory_bytes = memory};
}

TEST(AdmissionTest, AsManyJobsAtOnceAsCores) {
  const auto decision = Admit(kSmall, {}, {Job("a", "p", 1), Job("b", "p", 2), Job("c", "p", 3)});

  EXPECT_THAT(decision.start, ElementsAre("a", "b"));
  ASSERT_THAT(decision.wait, SizeIs(1));
  EXPECT_EQ(decision.wait[0].waits_for,
            "Waiting for one of 2 running jobs to end (this machine runs 2 at a time)");
}

TEST(AdmissionTest, APrincipalWithFewerRunningJobsGoesFirst) {
  const auto decision =
      Admit(kSmall, {{.is_job = true, .principal = "greedy", .memory_bytes = kGiB}},
            {Job("g2", "greedy", 1), Job("m1", "modest", 2)});

  EXPECT_THAT(decision.start, ElementsAre("m1"));
}

TEST(AdmissionTest, AJobWaitsForMemoryAndIsNotOvertaken) {
  const auto decision = Admit({.cores = 8, .memory_bytes = 4 * kGiB},
                              {{.is_job = false, .principal = "p", .memory_bytes = 3 * kGiB}},
                              {Job("big", "p", 1, 2 * kGiB), Job("small", "p", 2, kGiB)});

  EXPECT_TRUE(decision.start.empty());
  EXPECT_EQ(decision.wait[0].waits_for, "Waiting for memory: 2.0 GB needed, 1.0 GB not reserved");
  EXPECT_EQ(decision.wait[1].waits_for, "Waiting for memory: an earlier job waits for it too");
}

TEST(AdmissionTest, ANotebookAnEndpointAndAJobRunSideBySideOnASmallMachine) {
  const std::uint64_t each = Reservation(kSmall, ParseInstanceType("ml.c5.18xlarge")->memory_bytes);
  std::vector<RunningInstance> running{{.is_job = false, .principal = "p", .memory_bytes = each}};

  ASSERT_TRUE(Fits(kSmall, running, each));
  running.push_back({.is_job = false, .principal = "p", .memory_bytes = each});
  EXPECT_THAT(Admit(kSmall, running, {Job("t", "p", 1, each)}).start, ElementsAre("t"));
}

TEST(InstanceTypeTest, NamesTellCoresAndMemory) {
  EXPECT_EQ(ParseInstanceType("ml.c5.18xlarge")->cores, 72);
  EXPECT_EQ(ParseInstanceType("ml.m5.4xlarge")->memory_bytes, 64 * kGiB);
  EXPECT_EQ(ParseInstanceType("ml.t2.medium")->cores, 1);
  for (const char* name : {"", "ml.c5", "c5.large", "ml..large", "ml.c5.huge", "ml.c5.99xlarge",
                           "local", "ml.c5.xlarge.extra"})
    EXPECT_FALSE(ParseInstanceType(name).ok()) << name;
}

}  // namespace
}  // namespace sagebrush::orchestrator
