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
constexpr char kHidesV1[] =
    "Boto3/1.33.13 md/Botocore#1.33.13 ua/2.0 os/linux#6 cfg/retry-mode#legacy";
constexpr char kWaiter[] =
    "Boto3/1.44.5 md/Botocore#1.44.8 ua/2.1 m/b,E,N,e,B,Z cfg/retry-mode#standard";

class WaitingClientTest : public ::testing::Test {
 protected:
  std::optional<Hold> Training(const std::string& status, const std::string& secondary,
                               seconds age = seconds(0), const char* agent = kV1) {
    context_.user_agent = agent;
    context_.now = clock_.Now() + age;
    Json result = Json::Object({{"TrainingJobName", "j"},
                                {"TrainingJobStatus", status},
                                {"SecondaryStatus", secondary},
                                {"CreationTime", ToEpochSeconds(clock_.Now())}});
    if (!settings_.is_null()) result["HyperParameters"] = settings_;
    return HoldTrainingJob(records_)(context_, Json(), result);
  }
  std::optional<Hold> Endpoint(const std::string& status, const char* agent = kV1,
                               seconds age = seconds(0), const char* config = "e") {
    context_.user_agent = agent;
    context_.now = clock_.Now() + age;
    return HoldEndpoint(records_)(context_, Json(),
                                  Json::Object({{"EndpointName", "e"},
                                                {"EndpointConfigName", config},
                                                {"EndpointStatus", status},
                                                {"CreationTime", ToEpochSeconds(clock_.Now())}}));
  }
  void Create(const Json& input) {
    metastore::Record record;
    record.key = KeyOf(kEndpoint, context_, "e");
    record.document = Json::Object();
    NoteWhoCreatedEndpoint(input, &record);
    ASSERT_TRUE(records_.Insert(record).ok());
  }

  sagebrush::testing::FakeClock clock_;
  sagebrush::testing::MemoryRecordStore records_;
  RequestContext context_;
  Json settings_;  // HyperParameters
};

TEST_F(WaitingClientTest, TheSdksThatSleepHalfAMinuteAreHeldAndNobodyElse) {
  EXPECT_EQ(ClientOf(kV1), Client::kSdk);
  EXPECT_EQ(ClientOf(kV2), Client::kSdk);
  for (const char* other :
       {kV3, "aws-cli/1.46.3", "Boto3/1.16.63 Python/3.7.9 Linux/6 Botocore/1.19.63", ""})
    EXPECT_EQ(ClientOf(other), Client::kOther) << other;
  EXPECT_TRUE(Training("InProgress", "Starting", seconds(0), kV2));
  EXPECT_FALSE(Training("InProgress", "Starting", seconds(0), kV3));
  EXPECT_FALSE(Endpoint("Creating", kV3));
}

TEST_F(WaitingClientTest, AWaiterIsToldByTheFeatureThatItsUserAgentLists) {
  EXPECT_EQ(ClientOf(kWaiter), Client::kWaiter);
  EXPECT_EQ(ClientOf("aws-cli/1.46.3 md/awscrt#0.38.0 m/B"), Client::kWaiter);
  EXPECT_EQ(ClientOf("Boto3/1.44.5 md/Botocore#1.44.8 m/C,b,BB"), Client::kPlainBoto3);

  for (const auto age : {seconds(0), seconds(600)}) {
    const auto hold = Training("InProgress", "Training", age, kWaiter);
    ASSERT_TRUE(hold);
    EXPECT_EQ(hold->until, context_.now + seconds(20));
  }
  for (const char* status : {"Creating", "Updating", "Deleting"})
    EXPECT_TRUE(Endpoint(status, kWaiter)) << status;
  for (const char* status : {"InService", "Failed"})
    EXPECT_FALSE(Endpoint(status, kWaiter)) << status;
}

TEST_F(WaitingClientTest, OfAHiddenSdkTheFirstLookAtItsOwnJobIsHeld) {
  const auto look = [&](seconds age, const char* agent = kHidesV1) {
    return Training("InProgress", "Starting", age, agent);
  };
  EXPECT_FALSE(look(seconds(0)));  // a job of nobody knows whom
  settings_ = Json::Object(
      {{"sagemaker_enable_cloudwatch_metrics", "false"}, {"sagemaker_job_name", "\"another\""}});
  EXPECT_FALSE(look(seconds(0)));  // settings that were copied

  settings_["sagemaker_job_name"] = "\"j\"";

  const auto hold = look(seconds(1));
  ASSERT_TRUE(hold);
  EXPECT_EQ(hold->until, clock_.Now() + seconds(20));
  EXPECT_FALSE(look(seconds(2)));  // somebody who wants to know
  EXPECT_FALSE(look(seconds(0), "aws-cli/1.46.3"));
}

TEST_F(WaitingClientTest, OfAHiddenSdkTheFirstLookAtItsOwnEndpointIsHeld) {
  Create(Json::Object({{"EndpointName", "e"}, {"Tags", Json::Array()}}));

  EXPECT_TRUE(Endpoint("Creating", kHidesV1));
  EXPECT_FALSE(Endpoint("Creating", kHidesV1, seconds(2)));
  EXPECT_FALSE(Endpoint("Creating", kHidesV1, seconds(0), "another"));
  EXPECT_FALSE(Endpoint("Updating", kHidesV1));
  EXPECT_FALSE(Endpoint("Creating", "aws-cli/1.46.3"));
}

TEST_F(WaitingClientTest, AnEndpointOfPlainBoto3IsNotHeld) {
  Create(Json::Object({{"EndpointName", "e"}}));

  EXPECT_FALSE(Endpoint("Creating", kHidesV1));
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
