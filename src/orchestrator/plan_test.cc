// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/plan.h"

#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

WorkloadPlan AWorkload() {
  return {.runtime = "r",
          .image = "i",
          .instance_type = "ml.m5.large",
          .role_arn = "role",
          .principal = "p",
          .job_name = "n",
          .job_arn = "arn",
          .account = "1",
          .region = "us-west-2",
          .hosts = {"algo-1"},
          .current_host = "algo-1",
          .environment = {{"A", "1"}},
          .network = false,
          .log_group = "g",
          .first_log_lines = {"first"}};
}

TEST(Plan, ATrainingPlanReadsBackAsItWasWritten) {
  const TrainingPlan plan{.workload = AWorkload(),
                          .hyperparameters = {{"epochs", "2"}},
                          .channels = {{.name = "train",
                                        .data_type = "S3Prefix",
                                        .s3_uri = "s3://b/k",
                                        .distribution = "FullyReplicated",
                                        .content_type = "text/csv",
                                        .compression = "Gzip",
                                        .record_wrapper = "None",
                                        .input_mode = "File",
                                        .attribute_names = {"a"}}},
                          .code_s3_uri = "s3://b/code",
                          .command = {"/bin/sh", "-c"},
                          .arguments = {"--fold", "3"},
                          .model_s3_uri = "s3://b/model.tar.gz",
                          .output_s3_uri = "s3://b/output.tar.gz",
                          .checkpoints = CheckpointPlan{"s3://b/c", "/opt/ml/checkpoints"},
                          .max_runtime_seconds = 7,
                          .stop_grace_seconds = 8,
                          .log_stream = "n/algo-1-1"};
  EXPECT_EQ(TrainingPlan::FromJson(plan.ToJson()), plan);
}

TEST(Plan, AHostingPlanReadsBackAsItWasWritten) {
  const HostingPlan plan{.workload = AWorkload(), .model_data = "s3://b/m.tar.gz"};
  EXPECT_EQ(HostingPlan::FromJson(plan.ToJson()), plan);
}

TEST(Plan, WhatWasNotPlannedIsLeftOutOfTheDocument) {
  const Json json = TrainingPlan().ToJson();
  for (const char* name : {"code", "command", "arguments", "checkpoints"})
    EXPECT_FALSE(json.Has(name)) << name;
}

TEST(Plan, AMemberThatAnOlderRecordLacksHasItsDefault) {
  EXPECT_EQ(TrainingPlan::FromJson(Json::Object()), TrainingPlan());
}

}  // namespace
}  // namespace sagebrush::orchestrator
