// SPDX-License-Identifier: Apache-2.0
// The texts are the real service's where a source is named; style: AWS's words, model order.
#include "aws/validate.h"

#include <gtest/gtest.h>
#include <limits>

#include "aws_models/services.h"

namespace sagebrush::aws {
namespace {

class ValidateTest : public ::testing::Test {
 protected:
  std::string Message(const Service& service, std::string_view operation, const Json& document) {
    const auto error = validator_.Check(service, *service.FindOperation(operation), document);
    return error ? error->message : "";
  }
  std::string Code(const Service& service, std::string_view operation, const Json& document) {
    const auto error = validator_.Check(service, *service.FindOperation(operation), document);
    return error ? error->code : "";
  }
  // A request that passes.
  static Json TrainingJob() {
    return *Json::Parse(R"({"TrainingJobName":"tf-job-1","HyperParameters":{"epochs":"2"},
      "AlgorithmSpecification":{"TrainingImage":"1.dkr.ecr.us-west-2.amazonaws.com/tf:1.15.2-cpu-py3","TrainingInputMode":"File"},
      "RoleArn":"arn:aws:iam::123456789012:role/service-role/R",
      "InputDataConfig":[{"ChannelName":"training","DataSource":{"S3DataSource":{"S3DataType":"S3Prefix","S3Uri":"s3://b/d"}}}],
      "OutputDataConfig":{"S3OutputPath":"s3://tensorflow_sentiment_analysis/"},
      "ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":30},
      "StoppingCondition":{"MaxRuntimeInSeconds":86400}})");
  }

  Validator validator_;
};

TEST_F(ValidateTest, WhatBotocoreSendsForATrainingJobPasses) {
  EXPECT_EQ(Message(SagemakerModel(), "CreateTrainingJob", TrainingJob()), "");
}

TEST_F(ValidateTest, NameWithUnderscoreIsRefusedInTheWordsOfAws) {
  Json job = TrainingJob();
  job["TrainingJobName"] = "my_job";

  EXPECT_EQ(Code(SagemakerModel(), "CreateTrainingJob", job), "ValidationException");
  EXPECT_EQ(Message(SagemakerModel(), "CreateTrainingJob", job),
            "1 validation error detected: Value 'my_job' at 'trainingJobName' failed to satisfy "
            "constraint: Member must satisfy "
            "regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}");
}

// zenml-io/zenml issue 1502.
TEST_F(ValidateTest, SeveralViolationsAreCountedAndJoined) {
  Json job = TrainingJob();
  const std::string name = std::string(64, 'a') + "_";
  job["TrainingJobName"] = name;

  const std::string value =
      "Value '" + name + "' at 'trainingJobName' failed to satisfy constraint: ";
  EXPECT_EQ(
      Message(SagemakerModel(), "CreateTrainingJob", job),
      "2 validation errors detected: " + value +
          "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; " +
          value + "Member must have length less than or equal to 63");
}

TEST_F(ValidateTest, MissingRequiredMembersAreNull) {
  EXPECT_EQ(Message(SagemakerModel(), "DescribeTrainingJob", Json::Object()),
            "1 validation error detected: Value null at 'trainingJobName' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(Message(SagemakerModel(), "CreateModel", Json::Object()),
            "1 validation error detected: Value null at 'modelName' failed to satisfy constraint: "
            "Member must not be null");
}

TEST_F(ValidateTest, PathsGoThroughStructuresAndListsFromOne) {
  Json job = TrainingJob();
  (*job.Find("InputDataConfig")->AsArray()[0].Find("DataSource")->Find("S3DataSource"))
      .Remove("S3Uri");
  job["ResourceConfig"]["InstanceCount"] = -1;

  EXPECT_EQ(Message(SagemakerModel(), "CreateTrainingJob", job),
            "2 validation errors detected: Value null at "
            "'inputDataConfig.1.member.dataSource.s3DataSource.s3Uri' failed to satisfy "
            "constraint: Member must not be null; Value '-1' at 'resourceConfig.instanceCount' "
            "failed to satisfy constraint: Member "
            "must have value greater than or equal to 0");
}

TEST_F(ValidateTest, EnumSetsStandInModelOrder) {
  Json job = TrainingJob();
  job["AlgorithmSpecification"]["TrainingInputMode"] = "Tape";

  EXPECT_EQ(Message(SagemakerModel(), "CreateTrainingJob", job),
            "1 validation error detected: Value 'Tape' at "
            "'algorithmSpecification.trainingInputMode' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Pipe, File, FastFile]");
}

TEST_F(ValidateTest, UnknownInstanceTypesAreToldTheKnownOnes) {
  Json job = TrainingJob();
  job["ResourceConfig"]["InstanceType"] = "ml.laptop.large";

  const std::string message = Message(SagemakerModel(), "CreateTrainingJob", job);
  EXPECT_TRUE(message.starts_with(
      "1 validation error detected: Value 'ml.laptop.large' at 'resourceConfig.instanceType' "
      "failed to satisfy constraint: Member must satisfy enum value set: [ml."))
      << message;
  EXPECT_NE(message.find(", ml.m5.large, "), std::string::npos) << message;
}

// aws/sagemaker-python-sdk issue 314, aws-samples/amazon-sagemaker-pytorch-detectron2 issue 10.
TEST_F(ValidateTest, MapValuesAreToldOfOnceForTheMap) {
  Json job = TrainingJob();
  job["HyperParameters"] = Json::Object({{"a", "1"}, {"b", std::string(2501, 'x')}});

  EXPECT_EQ(Message(SagemakerModel(), "CreateTrainingJob", job),
            "1 validation error detected: Value '{a=1, b=" + std::string(2501, 'x') +
                "}' at 'hyperParameters' failed to satisfy constraint: Map value must satisfy "
                "constraint: [Member must have length "
                "less than or equal to 2500, Member must have length greater than or equal to 0, "
                "Member must satisfy regular "
                "expression pattern: .*]");
}

// The form of hashicorp/terraform-provider-aws issue 29225 and appleboy/lambda-action issue 72.
TEST_F(ValidateTest, ScalarsInAListAreToldOfOnceForTheList) {
  Json job = TrainingJob();
  job["VpcConfig"] = Json::Object(
      {{"SecurityGroupIds", Json::Array({"sg 1"})}, {"Subnets", Json::Array({"subnet-1"})}});

  EXPECT_EQ(Message(SagemakerModel(), "CreateTrainingJob", job),
            "1 validation error detected: Value '[sg 1]' at 'vpcConfig.securityGroupIds' failed to "
            "satisfy constraint: Member must "
            "satisfy constraint: [Member must have length less than or equal to 32, Member must "
            "have length greater than or equal to "
            "0, Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]");
}

// The form of DynamoDB's BatchWriteItem, nasa-gcn/gcn.nasa.gov pull request 1042: "Value
// '{Table=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint:
// [Member must have length less than or equal to 25, Member must have length greater than …]".
TEST_F(ValidateTest, CollectionsInAMapAreMeasuredForTheMap) {
  const Json job = *Json::Parse(
      R"({"AutoMLJobName":"j","RoleArn":"arn:aws:iam::123456789012:role/r","AutoMLJobInputDataConfig":[{}],
          "OutputDataConfig":{"S3OutputPath":"s3://b/o"},"AutoMLProblemTypeConfig":
          {"TimeSeriesForecastingJobConfig":{"ForecastFrequency":"1D","ForecastHorizon":1,
          "TimeSeriesConfig":{"TargetAttributeName":"t","TimestampAttributeName":"s",
          "ItemIdentifierAttributeName":"i"},"Transformations":{"Filling":{"price":{}}}}}})");

  EXPECT_EQ(Message(SagemakerModel(), "CreateAutoMLJobV2", job),
            "1 validation error detected: Value '{price={}}' at "
            "'autoMLProblemTypeConfig.timeSeriesForecastingJobConfig.transformations.filling' "
            "failed to satisfy constraint: Map value must satisfy constraint: [Member must have "
            "length less than or equal to 6, Member must have length greater than or equal to 1]");
}

// As mhart/dynalite's test/batchWriteItem.js, which is run against DynamoDB too, has it: "Value null
// at 'requestItems.aa;.member.1.member.putRequest.item' …".
TEST_F(ValidateTest, PathsGoThroughMapsByKey) {
  EXPECT_EQ(Message(SagemakerModel(), "CreateTrialComponent",
                    *Json::Parse(R"({"TrialComponentName":"c","InputArtifacts":{"data":{}}})")),
            "1 validation error detected: Value null at 'inputArtifacts.data.member.value' failed "
            "to satisfy constraint: Member must not be null");
}

TEST_F(ValidateTest, NumbersThatAreNoneBreakEveryBound) {
  Json variant = *Json::Parse(R"({"VariantName":"v","ModelName":"m"})");
  variant["InitialVariantWeight"] = std::numeric_limits<double>::quiet_NaN();

  EXPECT_EQ(Message(SagemakerModel(), "CreateEndpointConfig",
                    Json::Object({{"EndpointConfigName", "c"},
                                  {"ProductionVariants", Json::Array({variant})}})),
            "1 validation error detected: Value 'NaN' at "
            "'productionVariants.1.member.initialVariantWeight' failed to satisfy constraint: "
            "Member must have value greater than or equal to 0");
}

TEST_F(ValidateTest, ListsHaveSizes) {
  Json job = TrainingJob();
  job["VpcConfig"] =
      Json::Object({{"SecurityGroupIds", Json::Array({"sg-1"})}, {"Subnets", Json::Array()}});

  EXPECT_EQ(Message(SagemakerModel(), "CreateTrainingJob", job),
            "1 validation error detected: Value '[]' at 'vpcConfig.subnets' failed to satisfy "
            "constraint: Member must have length "
            "greater than or equal to 1");
}

TEST_F(ValidateTest, LengthsCountCodePoints) {
  Json tag = Json::Object({{"Key", "k"}, {"Value", ""}});
  std::string value;
  for (int i = 0; i < 256; ++i) value += "ü";
  tag["Value"] = value;
  Json model = Json::Object({{"ModelName", "m"}, {"Tags", Json::Array({tag})}});

  EXPECT_EQ(Message(SagemakerModel(), "CreateModel", model), "");
  model["Tags"].AsArray()[0]["Value"] = value + "ü";
  EXPECT_NE(Message(SagemakerModel(), "CreateModel", model), "");
}

TEST_F(ValidateTest, EachServiceHasItsOwnWordForIt) {
  EXPECT_EQ(Code(LogsModel(), "CreateLogGroup", *Json::Parse(R"({"logGroupName":"a b"})")),
            "InvalidParameterException");
  EXPECT_EQ(Code(IamModel(), "GetRole", Json::Object()), "ValidationError");
  EXPECT_EQ(
      Code(SagemakerRuntimeModel(), "InvokeEndpoint", *Json::Parse(R"({"EndpointName":"a_b"})")),
      "ValidationError");
}

TEST_F(ValidateTest, LogsHasOneSentenceForLongNames) {
  const std::string sentence =
      "Invalid LogGroup or LogStream, both must have length less than or equal to 512.";
  Json input = Json::Object({{"logGroupName", std::string(513, 'a')}});
  EXPECT_EQ(Message(LogsModel(), "CreateLogGroup", input), sentence);
  EXPECT_EQ(Code(LogsModel(), "CreateLogGroup", input), "InvalidParameterException");
  input["logGroupName"] = std::string(512, 'a');
  EXPECT_EQ(Message(LogsModel(), "CreateLogGroup", input), "");
  input["logStreamName"] = std::string(513, ':');
  EXPECT_EQ(Message(LogsModel(), "CreateLogStream", input), sentence);
}

TEST_F(ValidateTest, LogsDoesNotTellAnIdentifierOfAGroup) {
  EXPECT_EQ(Message(LogsModel(), "DescribeLogStreams",
                    *Json::Parse(R"({"logGroupIdentifier":"arn:aws:logs:r:1:log-group:g:*"})")),
            "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [\\w#+=/:,.@-]*");
}

TEST_F(ValidateTest, IamTellsNoValuesAndNoSets) {
  EXPECT_EQ(Message(IamModel(), "GetRole", *Json::Parse(R"({"RoleName":"a b"})")),
            "1 validation error detected: Value at 'roleName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]+");
  EXPECT_EQ(Message(IamModel(), "ListPolicies", *Json::Parse(R"({"Scope":"Ours"})")),
            "1 validation error detected: Value at 'scope' failed to satisfy constraint: Member "
            "must satisfy enum value set");
}

TEST_F(ValidateTest, StreamedPayloadIsNotMissed) {
  EXPECT_EQ(
      Message(SagemakerRuntimeModel(), "InvokeEndpoint", *Json::Parse(R"({"EndpointName":"ep"})")),
      "");
}

TEST_F(ValidateTest, S3ChecksOnlyWhatIsRequired) {
  EXPECT_EQ(Code(S3Model(), "PutObject",
                 *Json::Parse(R"({"Bucket":"tensorflow_sentiment_analysis","Key":"k"})")),
            "");
  EXPECT_EQ(Code(S3Model(), "DeleteObjects", *Json::Parse(R"({"Bucket":"b"})")),
            "MissingRequestBodyError");
  EXPECT_EQ(Code(S3Model(), "DeleteObjects",
                 *Json::Parse(R"({"Bucket":"b","Delete":{"Objects":[{"VersionId":"1"}]}})")),
            "MalformedXML");
}

}  // namespace
}  // namespace sagebrush::aws
