// SPDX-License-Identifier: Apache-2.0
#include "aws/bind.h"

#include <gtest/gtest.h>

#include "aws_models/sagemaker/endpoint.h"
#include "aws_models/sagemaker/training_job.h"

namespace sagebrush::aws {
namespace {

namespace api = sagebrush::api::sagemaker;

constexpr std::string_view kTrainingJob =
    R"({"TrainingJobName":"j","HyperParameters":{"a":"1","b":"2"},)"
    R"("AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File"},"RoleArn":"r",)"
    R"("OutputDataConfig":{"S3OutputPath":"s3://b/"},)"
    R"("ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":30},)"
    R"("StoppingCondition":{"MaxRuntimeInSeconds":86400},"Tags":[{"Key":"k","Value":"v"}]})";

TEST(Bind, FillsTheStructOfAFamily) {
  const auto job = Bind<api::CreateTrainingJobRequest>(*Json::Parse(kTrainingJob));

  ASSERT_TRUE(job.ok()) << job.status().message();
  EXPECT_EQ(job->training_job_name, "j");
  EXPECT_EQ(job->hyper_parameters->at("b"), "2");
  EXPECT_EQ(job->algorithm_specification->training_input_mode, api::TrainingInputMode::kFile);
  EXPECT_EQ(job->resource_config->instance_type, "ml.m5.xlarge");
  EXPECT_EQ(job->stopping_condition->max_runtime_in_seconds, 86400);
  EXPECT_FALSE(job->input_data_config);
}

TEST(Bind, WritesBackWhatItRead) {
  const auto job = Bind<api::CreateTrainingJobRequest>(*Json::Parse(kTrainingJob));

  const auto again = Bind<api::CreateTrainingJobRequest>(ToJson(*job));

  EXPECT_EQ(*again, *job);
  EXPECT_EQ(ToJson(*job).Find("ResourceConfig")->Dump(),
            R"({"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":30})");
}

TEST(Bind, NamesTheFirstMemberThatDoesNotFit) {
  EXPECT_EQ(Bind<api::DeleteEndpointInput>(Json::Object()).status().message(),
            "EndpointName is not there, since it is required");
  EXPECT_EQ(
      Bind<api::DeleteEndpointInput>(*Json::Parse(R"({"EndpointName":1})")).status().message(),
      "EndpointName is not a string");
}

TEST(Bind, EnumsSpeakTheModelsWords) {
  api::EndpointStatus status{};

  EXPECT_TRUE(api::Parse("InService", &status));
  EXPECT_EQ(status, api::EndpointStatus::kInService);
  EXPECT_EQ(api::ToString(status), "InService");
  EXPECT_FALSE(api::Parse("Asleep", &status));
}

TEST(Bind, AggregatesTakeDesignatedInitialisers) {
  EXPECT_EQ(ToJson(api::CreateEndpointOutput{.endpoint_arn = "arn"}).Dump(),
            R"({"EndpointArn":"arn"})");
}

}  // namespace
}  // namespace sagebrush::aws
