// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/waiting_client.h"

#include <gtest/gtest.h>

#include "services/sagemaker/resource_type.h"
#include "testing/fake_clock.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services::sagemaker {
namespace {

using std::chrono::seconds;

constexpr char kV1[] = "AWS-SageMaker-Python-SDK/1.72.1 Python/3.7.17 Linux/5.15 Boto3/1.16.63";
constexpr char kV2[] = "Boto3/1.44.5 md/Botocore#1.44.5 lib/AWS-SageMaker-Python-SDK#2.257.7";
constexpr char kV3[] = "Boto3/1.44.5 md/Botocore#1.44.5 lib/AWS-SageMaker-Python-SDK#3.0";

class WaitingClientTest : public ::testing::Test {
 protected:
  std::optional<Hold> Training(const std::string& status, const std::string& secondary,
                               seconds age = seconds(0), const char* agent = kV1) {
    context_.user_agent = agent;
    context_.now = clock_.Now() + age;
    return HoldTrainingJob(records_)(
        context_, Json(),
        Json::Object({{"TrainingJobName", "j"},
                      {"TrainingJobStatus", status},
                      {"SecondaryStatus", secondary},
                      {"CreationTime", ToEpochSeconds(clock_.Now())}}));
  }
  std::optional<Hold> Endpoint(const std::string& status, const char* agent = kV1) {
    context_.user_agent = agent;
    context_.now = clock_.Now();
    return HoldEndpoint(records_)(
        context_, Json(), Json::Object({{"EndpointName", "e"}, {"EndpointStatus", status}}));
  }

  sagebrush::testing::FakeClock clock_;
  sagebrush::testing::MemoryRecordStore records_;
  RequestContext context_;
};

TEST_F(WaitingClientTest, TheSdksThatSleepHalfAMinuteAreHeldAndNobodyElse) {
  EXPECT_TRUE(SleepsBetweenLooks(kV1));
  EXPECT_TRUE(SleepsBetweenLooks(kV2));
  EXPECT_FALSE(SleepsBetweenLooks(kV3));
  EXPECT_FALSE(SleepsBetweenLooks("Boto3/1.44.5 md/Botocore#1.44.5"));
  EXPECT_FALSE(SleepsBetweenLooks("aws-cli/1.46.3"));
  EXPECT_FALSE(SleepsBetweenLooks(""));
  EXPECT_TRUE(Training("InProgress", "Starting", seconds(0), kV2));
  EXPECT_FALSE(Training("InProgress", "Starting", seconds(0), kV3));
  EXPECT_FALSE(Endpoint("Creating", kV3));
}

TEST_F(WaitingClientTest, AYoungJobIsHeldUntilItIsTwentySecondsOld) {
  const auto hold = Training("InProgress", "Training", seconds(5));
  ASSERT_TRUE(hold);
  EXPECT_EQ(hold->until, clock_.Now() + seconds(20));
}

TEST_F(WaitingClientTest, AnOldJobIsHeldOnlyWhileItEnds) {
  const auto training = Training("InProgress", "Training", seconds(60));
  ASSERT_TRUE(training);
  EXPECT_LT(training->until, context_.now);  // that is: not at all
  const auto uploading = Training("InProgress", "Uploading", seconds(60));
  ASSERT_TRUE(uploading);
  EXPECT_EQ(uploading->until, context_.now + seconds(20));
  EXPECT_EQ(Training("Stopping", "Stopping", seconds(60))->until, context_.now + seconds(20));
}

TEST_F(WaitingClientTest, WhatHasEndedIsNotHeld) {
  for (const char* status : {"Completed", "Failed", "Stopped"})
    EXPECT_FALSE(Training(status, status)) << status;
  for (const char* status : {"InService", "Failed", "Deleting"})
    EXPECT_FALSE(Endpoint(status)) << status;
}

TEST_F(WaitingClientTest, AnEndpointUnderWayIsHeldForTwentySeconds) {
  for (const char* status : {"Creating", "Updating"}) {
    const auto hold = Endpoint(status);
    ASSERT_TRUE(hold) << status;
    EXPECT_EQ(hold->until, context_.now + seconds(20));
  }
}

TEST_F(WaitingClientTest, AChangeOfTheRecordIsTold) {
  int told = 0;
  const auto watch = Training("InProgress", "Starting")->watch([&] { ++told; });
  metastore::Record record;
  record.key = KeyOf(kTrainingJob, context_, "j");
  ASSERT_TRUE(records_.Insert(record).ok());
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace sagebrush::services::sagemaker
