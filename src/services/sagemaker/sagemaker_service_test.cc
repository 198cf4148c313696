// SPDX-License-Identifier: Apache-2.0
// SageMaker's handlers through the door the request chain uses, and beside them a real reconcile pass over a fake back end.
#include "services/sagemaker/sagemaker_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws_models/services.h"
#include "orchestrator/instance_type.h"
#include "orchestrator/training_job.h"
#include "orchestrator/workload_record.h"
#include "services/sagemaker/test_sagemaker.h"

namespace sagebrush::services::sagemaker {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kImage[] = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tf:1.15.2-cpu-py3";
class SageMakerServiceTest : public SageMakerTest {
 protected:
  Json Job(const std::string& name) {
    return Json::Object({{"TrainingJobName", name},
                         {"RoleArn", role_arn_},
                         {"AlgorithmSpecification",
                          Json::Object({{"TrainingImage", kImage}, {"TrainingInputMode", "File"}})},
                         {"OutputDataConfig", Json::Object({{"S3OutputPath", "s3://b/out/"}})},
                         {"ResourceConfig", Json::Object({{"InstanceCount", 1},
                                                          {"InstanceType", "ml.m5.large"},
                                                          {"VolumeSizeInGB", 1}})},
                         {"StoppingCondition", Json::Object({{"MaxRuntimeInSeconds", 60}})}});
  }
  Json Variant(const char* name, int instances, double weight) {
    return Json::Object({{"VariantName", name},
                         {"ModelName", "m"},
                         {"InstanceType", "ml.m5.large"},
                         {"InitialInstanceCount", instances},
                         {"InitialVariantWeight", weight}});
  }
  // An endpoint with a configuration of its name, and the model "m".
  void MakeEndpoint(Json variant, const char* name = "e") {
    (void)Try("CreateModel",
              Json::Object({{"ModelName", "m"},
                            {"ExecutionRoleArn", role_arn_},
                            {"PrimaryContainer", Json::Object({{"Image", kImage}})}}));
    EXPECT_EQ(Refusal("CreateEndpointConfig",
                      Json::Object({{"EndpointConfigName", name},
                                    {"ProductionVariants", Json::Array({std::move(variant)})}})),
              "accepted");
    EXPECT_EQ(Refusal("CreateEndpoint",
                      Json::Object({{"EndpointName", name}, {"EndpointConfigName", name}})),
              "accepted");
  }
  // Leaves the endpoint as the reconcile loop would when its instances are ready.
  void ComeUp(const std::string& name) {
    auto record = records_.Get({orchestrator::kEndpointKind, context_.scope(), name}).value();
    auto state = orchestrator::EndpointStateOf(record);
    state.serving = std::move(state.coming);
    state.coming.reset();
    state.status = "InService";
    SetState(&record, state);
    ASSERT_TRUE(records_.Update(record).ok());
  }
  // Leaves the job as the reconcile loop would when it has ended.
  void End(const std::string& name, const std::string& status) {
    auto record = records_.Get({orchestrator::kTrainingJobKind, context_.scope(), name}).value();
    auto state = orchestrator::TrainingState::FromJson(*record.document.Find("state"));
    state.status = record.status = status;
    record.document["state"] = state.ToJson();
    ASSERT_TRUE(records_.Update(record).ok());
  }
};

TEST_F(SageMakerServiceTest, CreatingAJobRecordsAndNudges) {
  const auto created = Try("CreateTrainingJob", Job("j"));

  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->GetString("TrainingJobArn"),
            "arn:aws:sagemaker:us-west-2:123456789012:training-job/j");
  EXPECT_EQ(nudges_, 1);
  const auto record = records_.Get({orchestrator::kTrainingJobKind, context_.scope(), "j"});
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->status, "InProgress");
  EXPECT_EQ(orchestrator::TrainingPlanOf(*record).model_s3_uri, "s3://b/out/j/output/model.tar.gz");
}

TEST_F(SageMakerServiceTest, ASecondJobOfThatNameIsRefusedInTheWordsOfAws) {
  ASSERT_TRUE(Try("CreateTrainingJob", Job("j")).ok());

  EXPECT_EQ(Refusal("CreateTrainingJob", Job("j")),
            "ResourceInUse: Training job names must be unique within an AWS account and region, "
            "and a training job with this name already exists "
            "(arn:aws:sagemaker:us-west-2:123456789012:training-job/j)");
}

// They would share an ARN, and with it tags and policies.
TEST_F(SageMakerServiceTest, NamesThatDifferInCaseAloneAreOneName) {
  ASSERT_TRUE(Try("CreateTrainingJob", Job("job")).ok());
  Json model = Json::Object({{"ModelName", "M"},
                             {"ExecutionRoleArn", role_arn_},
                             {"PrimaryContainer", Json::Object({{"Image", kImage}})}});
  ASSERT_TRUE(Try("CreateModel", model).ok());
  model["ModelName"] = "m";

  EXPECT_THAT(Refusal("CreateTrainingJob", Job("JOB")), StartsWith("ResourceInUse: "));
  EXPECT_EQ(Refusal("CreateModel", model),
            "ValidationException: Cannot create already existing model "
            "\"arn:aws:sagemaker:us-west-2:123456789012:model/m\".");
  EXPECT_EQ(Try("ListTrainingJobs", Json::Object())->Find("TrainingJobSummaries")->size(), 1U);
  ASSERT_TRUE(Try("DeleteModel", Json::Object({{"ModelName", "M"}})).ok());
  EXPECT_EQ(Refusal("CreateModel", model), "accepted");
}

TEST_F(SageMakerServiceTest, ARoleMustExistAndTrustSageMaker) {
  Json job = Job("j");
  job["RoleArn"] = "arn:aws:iam::123456789012:role/Nobody";

  EXPECT_THAT(
      Refusal("CreateTrainingJob", job),
      StartsWith(
          "ValidationException: Could not assume role arn:aws:iam::123456789012:role/Nobody."));
  EXPECT_EQ(nudges_, 0);
}

TEST_F(SageMakerServiceTest, WhatCannotRunIsRefusedWhenItIsAskedFor) {
  Json unknown = Job("j");
  unknown["AlgorithmSpecification"]["TrainingImage"] = "x/pytorch-training:2.0";
  Json many = Job("j");
  many["ResourceConfig"]["InstanceCount"] = 4;
  Json type = Job("j");
  type["ResourceConfig"]["InstanceType"] = "large";
  Json output = Job("j");
  output["OutputDataConfig"]["S3OutputPath"] = "/tmp/out";

  EXPECT_THAT(Refusal("CreateTrainingJob", unknown),
              HasSubstr("is not in the catalogue of training runtimes"));
  EXPECT_THAT(Refusal("CreateTrainingJob", many), StartsWith("ResourceLimitExceeded: "));
  EXPECT_THAT(Refusal("CreateTrainingJob", type), HasSubstr("is no instance type"));
  EXPECT_THAT(Refusal("CreateTrainingJob", output), HasSubstr("is no S3 URI"));
}

// What the model's constraint lets through must not stumble over our own reading of the name.
TEST(InstanceTypes, EachThatAwsHasForTrainingAndHostingIsOneHere) {
  int count = 0;
  for (const aws::Shape& shape : aws::SagemakerModel().shapes) {
    if (shape.name != "TrainingInstanceType" && shape.name != "ProductionVariantInstanceType")
      continue;
    for (const std::string_view name : shape.enum_values) {
      EXPECT_TRUE(orchestrator::ParseInstanceType(name).ok()) << name;
      ++count;
    }
  }
  EXPECT_GT(count, 400);
}

TEST_F(SageMakerServiceTest, AJobNamesEitherAnImageOrAnAlgorithm) {
  Json both = Job("j");
  both["AlgorithmSpecification"]["AlgorithmName"] = "mine";
  Json neither = Job("j");
  neither["AlgorithmSpecification"] = Json::Object({{"TrainingInputMode", "File"}});

  EXPECT_EQ(Refusal("CreateTrainingJob", both),
            "ValidationException: You must specify either an algorithm name or a training image, "
            "not both.");
  EXPECT_EQ(Refusal("CreateTrainingJob", neither),
            "ValidationException: You must specify either an algorithm name or a training image.");
}

TEST_F(SageMakerServiceTest, OnlySpotTrainingHasATimeToWait) {
  const auto waits = [&](bool is_spot, std::int64_t seconds) {
    Json job = Job("j" + std::to_string(is_spot) + std::to_string(seconds));
    job["EnableManagedSpotTraining"] = is_spot;
    if (seconds > 0) job["StoppingCondition"]["MaxWaitTimeInSeconds"] = seconds;
    return Try("CreateTrainingJob", job).ok() ? "" : Refusal("CreateTrainingJob", job);
  };
  const std::string needed =
      "ValidationException: Invalid MaxWaitTimeInSeconds. It must be present and be greater than "
      "or equal to MaxRuntimeInSeconds";

  EXPECT_EQ(waits(false, 60),
            "ValidationException: Invalid MaxWaitTimeInSeconds. It is only supported when "
            "EnableManagedSpotTraining is set to true");
  EXPECT_EQ(waits(true, 0), needed);
  EXPECT_EQ(waits(true, 59), needed);
  EXPECT_EQ(waits(true, 60), "");
  EXPECT_EQ(waits(false, 0), "");
}

TEST_F(SageMakerServiceTest, RetriesHaveATimeToWaitInAll) {
  Json job = Job("j");
  job["RetryStrategy"] = Json::Object({{"MaximumRetryAttempts", 2}});
  job["StoppingCondition"]["MaxWaitTimeInSeconds"] = 59;
  EXPECT_THAT(Refusal("CreateTrainingJob", job),
              StartsWith("ValidationException: Invalid MaxWaitTimeInSeconds."));
  job["StoppingCondition"]["MaxWaitTimeInSeconds"] = 60;

  EXPECT_EQ(Refusal("CreateTrainingJob", job), "accepted");
}

TEST_F(SageMakerServiceTest, AJobRunsForTwentyEightDaysAtMost) {
  Json job = Job("j");
  job["StoppingCondition"]["MaxRuntimeInSeconds"] = 28 * 86'400 + 1;
  EXPECT_THAT(Refusal("CreateTrainingJob", job),
              StartsWith("ResourceLimitExceeded: The account-level service limit 'Longest run time "
                         "for a training job' is 2419200 Seconds"));
  job["StoppingCondition"]["MaxRuntimeInSeconds"] = 28 * 86'400;

  EXPECT_EQ(Refusal("CreateTrainingJob", job), "accepted");
}

TEST_F(SageMakerServiceTest, AChannelWithoutObjectsIsRefusedInTheWordsOfAws) {
  const auto with_channel = [&](const std::string& uri) {
    Json job = Job("j");
    job["InputDataConfig"] = Json::Array({Json::Object(
        {{"ChannelName", "train"},
         {"DataSource", Json::Object({{"S3DataSource", Json::Object({{"S3DataType", "S3Prefix"},
                                                                     {"S3Uri", uri}})}})}})});
    return Refusal("CreateTrainingJob", job);
  };
  ASSERT_TRUE(
      objects_->CreateBucket({"data", context_.account, context_.region, clock_.Now()}).ok());
  const std::string why =
      "\" given in input data source. Please ensure that the bucket exists in the selected region "
      "(us-west-2), that objects exist under that S3 prefix, and that the role \"" +
      role_arn_ + "\" has \"s3:ListBucket\" permissions on bucket \"";

  EXPECT_EQ(
      with_channel("s3://none/train"),
      "ValidationException: No S3 objects found under S3 URL \"s3://none/train" + why + "none\".");
  EXPECT_EQ(
      with_channel("s3://data/train/"),
      "ValidationException: No S3 objects found under S3 URL \"s3://data/train/" + why + "data\".");
  EXPECT_EQ(nudges_, 0);
}

TEST_F(SageMakerServiceTest, DescribeTellsBackWhatWasSentAndWhatSdksIndex) {
  ASSERT_TRUE(Try("CreateTrainingJob", Job("j")).ok());

  const auto job = Try("DescribeTrainingJob", Json::Object({{"TrainingJobName", "j"}}));

  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->GetString("TrainingJobStatus"), "InProgress");
  EXPECT_EQ(job->GetString("SecondaryStatus"), "Starting");
  EXPECT_EQ(job->Find("OutputDataConfig")->GetString("KmsKeyId", "absent"), "");
  EXPECT_EQ(job->Find("ResourceConfig")->GetString("InstanceType"), "ml.m5.large");
  EXPECT_FALSE(job->Has("ModelArtifacts"));
  EXPECT_EQ(job->Find("SecondaryStatusTransitions")->size(), 1U);
}

TEST_F(SageMakerServiceTest, ASubmitDirectoryInJsonIsFound) {
  Json job = Job("j");
  job["HyperParameters"] = Json::Object(
      {{"sagemaker_submit_directory", "\"s3://b/j/source/sourcedir.tar.gz\""}, {"epochs", "3"}});
  ASSERT_TRUE(Try("CreateTrainingJob", job).ok());

  const auto record = records_.Get({orchestrator::kTrainingJobKind, context_.scope(), "j"});

  EXPECT_EQ(orchestrator::TrainingPlanOf(*record).code_s3_uri, "s3://b/j/source/sourcedir.tar.gz");
}

TEST_F(SageMakerServiceTest, StoppingARunningJobIsRecordedAndAnEndedOneRefused) {
  ASSERT_TRUE(Try("CreateTrainingJob", Job("j")).ok());
  const Json name = Json::Object({{"TrainingJobName", "j"}});
  EXPECT_EQ(Refusal("StopTrainingJob", name), "accepted");
  EXPECT_EQ(Try("DescribeTrainingJob", name)->GetString("TrainingJobStatus"), "Stopping");
  End("j", "Completed");

  EXPECT_EQ(Refusal("StopTrainingJob", name),
            "ValidationException: The request was rejected because the training job is in status "
            "Completed.");
  EXPECT_EQ(Refusal("StopTrainingJob", Json::Object({{"TrainingJobName", "none"}})),
            "ValidationException: Requested resource not found.");
}

TEST_F(SageMakerServiceTest, ListsAreSortedFilteredAndPaged) {
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(Try("CreateTrainingJob", Job(name)).ok());
    clock_.Advance(std::chrono::seconds(1));
  }
  End("b", "Failed");
  const auto names = [&](Json input) {
    const auto page = Try("ListTrainingJobs", input);
    std::string text;
    for (const auto& job : page->Find("TrainingJobSummaries")->AsArray())
      text += job.GetString("TrainingJobName");
    return std::pair(text, page->GetString("NextToken"));
  };

  EXPECT_EQ(names(Json::Object()).first, "abc");
  EXPECT_EQ(names(Json::Object({{"SortOrder", "Descending"}, {"SortBy", "Name"}})).first, "cba");
  EXPECT_EQ(names(Json::Object({{"StatusEquals", "Failed"}})).first, "b");
  const auto first = names(Json::Object({{"MaxResults", 2}}));
  EXPECT_EQ(first.first, "ab");
  EXPECT_EQ(names(Json::Object({{"MaxResults", 2}, {"NextToken", first.second}})).first, "c");
  EXPECT_THAT(Refusal("ListTrainingJobs", Json::Object({{"NextToken", "nonsense"}})),
              StartsWith("ValidationException: Invalid pagination token"));
}

TEST_F(SageMakerServiceTest, AModelNeedsItsDataAndAnEndpointItsConfig) {
  const Json model =
      Json::Object({{"ModelName", "m"},
                    {"ExecutionRoleArn", role_arn_},
                    {"PrimaryContainer",
                     Json::Object({{"Image", kImage}, {"ModelDataUrl", "s3://b/none.tar.gz"}})}});
  const Json config = Json::Object(
      {{"EndpointConfigName", "c"},
       {"ProductionVariants", Json::Array({Json::Object({{"VariantName", "v"},
                                                         {"ModelName", "m"},
                                                         {"InstanceType", "ml.m5.large"},
                                                         {"InitialInstanceCount", 1}})})}});

  EXPECT_EQ(Refusal("CreateModel", model),
            "ValidationException: Could not find model data at s3://b/none.tar.gz.");
  EXPECT_EQ(Refusal("CreateEndpointConfig", config),
            "ValidationException: Could not find model "
            "\"arn:aws:sagemaker:us-west-2:123456789012:model/m\".");
  EXPECT_EQ(
      Refusal("CreateEndpoint", Json::Object({{"EndpointName", "e"}, {"EndpointConfigName", "c"}})),
      "ValidationException: Could not find endpoint configuration "
      "\"arn:aws:sagemaker:us-west-2:123456789012:endpoint-config/c\".");
}

TEST_F(SageMakerServiceTest, AnExplainerIsRefused) {
  const Json explainer = Json::Object(
      {{"ClarifyExplainerConfig",
        Json::Object({{"ShapConfig", Json::Object({{"ShapBaselineConfig", Json::Object()}})}})}});

  EXPECT_EQ(Refusal("CreateEndpointConfig",
                    Json::Object({{"EndpointConfigName", "c"},
                                  {"ProductionVariants", Json::Array({Variant("v", 1, 1)})},
                                  {"ExplainerConfig", explainer}})),
            "ValidationException: ExplainerConfig is not available on this server");
}

TEST_F(SageMakerServiceTest, AContainerOfManyModelsIsRefused) {
  const Json container = Json::Object({{"Image", kImage}, {"Mode", "MultiModel"}});

  EXPECT_THAT(Refusal("CreateModel", Json::Object({{"ModelName", "m"},
                                                   {"ExecutionRoleArn", role_arn_},
                                                   {"PrimaryContainer", container}})),
              StartsWith("ValidationException: Mode MultiModel is not available"));
}

TEST_F(SageMakerServiceTest, AnEndpointKeepsWhatItNeedsOfItsModel) {
  Json model = Json::Object({{"ModelName", "m"},
                             {"ExecutionRoleArn", role_arn_},
                             {"PrimaryContainer", Json::Object({{"Image", kImage}})}});
  const Json variant = Json::Object({{"VariantName", "v"},
                                     {"ModelName", "m"},
                                     {"InstanceType", "ml.m5.large"},
                                     {"InitialInstanceCount", 2}});
  ASSERT_EQ(Refusal("CreateModel", model), "accepted");
  ASSERT_EQ(Refusal("CreateEndpointConfig",
                    Json::Object({{"EndpointConfigName", "c"},
                                  {"ProductionVariants", Json::Array({variant})}})),
            "accepted");
  ASSERT_EQ(
      Refusal("CreateEndpoint", Json::Object({{"EndpointName", "e"}, {"EndpointConfigName", "c"}})),
      "accepted");
  ASSERT_EQ(Refusal("DeleteModel", Json::Object({{"ModelName", "m"}})), "accepted");

  const auto endpoint = Try("DescribeEndpoint", Json::Object({{"EndpointName", "e"}}));

  EXPECT_EQ(endpoint->GetString("EndpointStatus"), "Creating");
  const Json& described = endpoint->Find("ProductionVariants")->AsArray()[0];
  EXPECT_EQ(described.GetInt("DesiredInstanceCount"), 2);
  EXPECT_EQ(described.GetInt("CurrentInstanceCount", -1), 0);
  EXPECT_THAT(
      Refusal("UpdateEndpoint", Json::Object({{"EndpointName", "e"}, {"EndpointConfigName", "c"}})),
      HasSubstr("Cannot update in-progress endpoint"));
  const Json& pending = *endpoint->Find("PendingDeploymentSummary");
  EXPECT_EQ(pending.GetString("EndpointConfigName"), "c");
  EXPECT_EQ(pending.Find("ProductionVariants")->AsArray()[0].GetString("InstanceType"),
            "ml.m5.large");
}

TEST_F(SageMakerServiceTest, AnEndpointIsDeletedOnceItIsNoLongerOnItsWay) {
  MakeEndpoint(Variant("v", 1, 1));
  const Json name = Json::Object({{"EndpointName", "e"}});
  EXPECT_EQ(Refusal("DeleteEndpoint", name),
            "ValidationException: Cannot update in-progress endpoint "
            "\"arn:aws:sagemaker:us-west-2:123456789012:endpoint/e\".");

  ComeUp("e");

  EXPECT_FALSE(Try("DescribeEndpoint", name)->Has("PendingDeploymentSummary"));
  EXPECT_EQ(Refusal("DeleteEndpoint", name), "accepted");
  EXPECT_EQ(Try("DescribeEndpoint", name)->GetString("EndpointStatus"), "Deleting");
}

TEST_F(SageMakerServiceTest, AnEndpointThatNeverComesUpCanBeDeletedAfterAnHour) {
  MakeEndpoint(Variant("v", 1, 1));
  const Json name = Json::Object({{"EndpointName", "e"}});

  clock_.Advance(std::chrono::minutes(59));
  EXPECT_THAT(Refusal("DeleteEndpoint", name), HasSubstr("in-progress"));
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Refusal("DeleteEndpoint", name), "accepted");
}

TEST_F(SageMakerServiceTest, AnUpdateRetainsWhatItIsAskedTo) {
  const auto after = [&](const char* name, Json update) {
    MakeEndpoint(Variant("v", 3, 0.5), name);
    ComeUp(name);
    const std::string config = std::string(name) + "-new";
    EXPECT_EQ(Refusal("CreateEndpointConfig",
                      Json::Object({{"EndpointConfigName", config},
                                    {"ProductionVariants",
                                     Json::Array({Variant("v", 1, 1), Variant("w", 2, 1)})}})),
              "accepted");
    update["EndpointName"] = name;
    update["EndpointConfigName"] = config;
    EXPECT_EQ(Refusal("UpdateEndpoint", update), "accepted");
    const auto endpoint = Try("DescribeEndpoint", Json::Object({{"EndpointName", name}}));
    std::string text;
    for (const auto& variant :
         endpoint->Find("PendingDeploymentSummary")->Find("ProductionVariants")->AsArray())
      text += variant.GetString("VariantName") +
              std::to_string(variant.GetInt("DesiredInstanceCount")) + "/" +
              std::to_string(static_cast<int>(variant.GetDouble("DesiredWeight") * 10)) + " ";
    return text;
  };
  const auto excluding = [](const char* type) {
    return Json::Object({{"RetainAllVariantProperties", true},
                         {"ExcludeRetainedVariantProperties",
                          Json::Array({Json::Object({{"VariantPropertyType", type}})})}});
  };

  EXPECT_EQ(after("a", Json::Object()), "v1/10 w2/10 ");
  EXPECT_EQ(after("b", Json::Object({{"RetainAllVariantProperties", true}})), "v3/5 w2/10 ");
  EXPECT_EQ(after("c", excluding("DesiredInstanceCount")), "v1/5 w2/10 ");
  EXPECT_EQ(after("d", excluding("DesiredWeight")), "v3/10 w2/10 ");
}

TEST_F(SageMakerServiceTest, PassingARoleIsARightOfItsOwn) {
  const auto wanted = AccessOf("CreateTrainingJob", Job("J"));

  ASSERT_EQ(wanted.size(), 2U);
  EXPECT_EQ(wanted[0].action, "sagemaker:CreateTrainingJob");
  EXPECT_EQ(wanted[0].resource, "arn:aws:sagemaker:us-west-2:123456789012:training-job/j");
  EXPECT_EQ(wanted[1].action, "iam:PassRole");
  EXPECT_EQ(wanted[1].resource, role_arn_);
  EXPECT_EQ(wanted[1].context.at("iam:PassedToService"), "sagemaker.amazonaws.com");
}

}  // namespace
}  // namespace sagebrush::services::sagemaker
