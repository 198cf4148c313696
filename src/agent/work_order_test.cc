// SPDX-License-Identifier: Apache-2.0
#include "agent/work_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/user_environment.h"

namespace sagebrush::agent {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Json Minimal() {
  return Json::Object({{"version", 1},
                       {"instance", "i-1"},
                       {"token", "t"},
                       {"kind", "training"},
                       {"job_name", "job"},
                       {"region", "us-west-2"},
                       {"current_host", "algo-1"},
                       {"command", Json::Array({"/opt/sagebrush/runtime/bin/python", "train.py"})},
                       {"api_port", 7071}});
}

std::string ErrorOf(const Json& json) { return ParseWorkOrder(json.Dump()).status().message(); }

TEST(WorkOrder, TheDocumentedExampleIsUnderstood) {
  const Result<WorkOrder> order = ParseWorkOrder(R"({
    "version": 1, "instance": "i-a", "token": "x", "kind": "training",
    "job_name": "j", "job_arn": "arn", "account": "123456789012", "region": "us-west-2",
    "hosts": ["algo-1", "algo-2"], "current_host": "algo-2", "instance_type": "ml.c5.xlarge",
    "hyperparameters": {"epochs": "1"},
    "channels": [{"name": "train", "data_type": "S3Prefix", "s3_uri": "s3://b/k", "distribution": "ShardedByS3Key",
                  "content_type": "", "compression": "None", "record_wrapper": "None", "input_mode": "File"}],
    "code": {"s3_uri": "s3://b/job/source/sourcedir.tar.gz"}, "model_data": "",
    "command": ["/opt/sagebrush/runtime/bin/python", "/opt/sagebrush/kit/train.py"],
    "working_directory": "/opt/ml/code", "environment": {"NAME": "value"},
    "outputs": {"model": "s3://b/job/output/model.tar.gz", "data": "s3://b/job/output/output.tar.gz"},
    "checkpoints": {"s3_uri": "", "local_path": "/opt/ml/checkpoints"},
    "max_runtime_seconds": 86400, "stop_grace_seconds": 120, "memory_limit_bytes": 0,
    "network": true, "api_port": 7071, "first_log_lines": ["Sagebrush: x"]})");

  ASSERT_TRUE(order.ok()) << order.status().message();
  EXPECT_EQ(order->host_index(), 1u);
  EXPECT_EQ(order->channels.front().distribution, "ShardedByS3Key");
  EXPECT_EQ(order->max_runtime, std::chrono::hours(24));
  EXPECT_EQ(order->EnvironmentValue("NAME"), "value");
}

TEST(WorkOrder, WhatIsMissingOrWrongIsNamed) {
  const auto with = [](std::string_view member, Json value) {
    Json json = Minimal();
    json[member] = std::move(value);
    return ErrorOf(json);
  };

  EXPECT_EQ(ErrorOf(Minimal()), "");
  EXPECT_THAT(with("version", 2), HasSubstr("another release"));
  EXPECT_THAT(with("kind", "baking"), HasSubstr("'kind'"));
  EXPECT_THAT(with("token", ""), HasSubstr("'token' is empty"));
  EXPECT_THAT(with("command", Json::Array()), HasSubstr("'command' is empty"));
  EXPECT_THAT(with("command", "sh"), HasSubstr("'command' is no list"));
  EXPECT_THAT(with("hosts", Json::Array({"algo-9"})), HasSubstr("not among 'hosts'"));
  EXPECT_THAT(with("api_port", 70000), HasSubstr("'api_port' is out of range"));
  EXPECT_THAT(with("api_port", 0), HasSubstr("'api_port' is missing"));
  EXPECT_THAT(with("environment", Json::Object({{"A=B", "c"}})), HasSubstr("'environment'"));
  EXPECT_THAT(with("environment", Json::Object({{"A", std::string("x\0y", 3)}})),
              HasSubstr("'environment'"));
  EXPECT_THAT(with("hyperparameters", Json::Object({{"a", 1}})), HasSubstr("'hyperparameters'"));
  EXPECT_THAT(with("code", Json::Object({{"s3_uri", "/etc/passwd"}})), HasSubstr("s3://"));
  EXPECT_THAT(with("memory_limit_bytes", -1), HasSubstr("out of range"));
  for (const char* name : {"", ".", "..", "a/b", "a b"}) {
    EXPECT_THAT(
        with("channels", Json::Array({Json::Object({{"name", name}, {"s3_uri", "s3://b/k"}})})),
        Not(""))
        << name;
  }
  const Json channel = Json::Object({{"name", "a"}, {"s3_uri", "s3://b/k"}});
  EXPECT_THAT(with("channels", Json::Array({channel, channel})), HasSubstr("names 'a' twice"));
}

TEST(WorkOrder, ABrokenDocumentIsAnError) {
  for (const char* text : {"", "[]", "{", "null", "{\"version\": \"1\"}"})
    EXPECT_FALSE(ParseWorkOrder(text).ok()) << text;
}

TEST(UserEnvironment, AnS3OfTheUsersOwnIsReachedByItsOwnRules) {
  Json json = Minimal();
  json["environment"] = Json::Object({{"S3_ENDPOINT", "minio.example"}});

  const std::vector<std::string> variables =
      UserEnvironment(ParseWorkOrder(json.Dump()).value(), Paths{}, "/x/command");

  EXPECT_THAT(variables, Contains("S3_ENDPOINT=minio.example"));
  EXPECT_THAT(variables, Not(Contains("S3_VERIFY_SSL=0")));
  EXPECT_THAT(variables, Not(Contains("S3_USE_HTTPS=0")));
}

TEST(UserEnvironment, LeadsToTheServerAndHoldsNoToken) {
  Json json = Minimal();
  json["token"] = "very-secret";
  json["environment"] = Json::Object({{"AWS_REGION", "eu-west-1"}, {"MINE", "1"}});

  const std::vector<std::string> variables =
      UserEnvironment(ParseWorkOrder(json.Dump()).value(), Paths{}, "/x/command");

  EXPECT_THAT(variables, Contains("AWS_ENDPOINT_URL=http://127.0.0.1:7071"));
  EXPECT_THAT(variables, Contains("S3_ENDPOINT=127.0.0.1:7071"));
  EXPECT_THAT(variables, Contains("S3_USE_HTTPS=0"));
  EXPECT_THAT(variables, Contains("S3_VERIFY_SSL=0"));
  EXPECT_THAT(
      variables,
      Contains("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:7071/_sagebrush/credentials"));
  EXPECT_THAT(variables, Contains("HTTPS_PROXY=http://127.0.0.1:7071"));
  EXPECT_THAT(variables, Contains(StartsWith("PATH=/opt/sagebrush/runtime/bin:")));
  EXPECT_THAT(variables, Contains("TRAINING_JOB_NAME=job"));
  EXPECT_THAT(variables, Contains("AWS_REGION=eu-west-1"));
  EXPECT_THAT(variables, Not(Contains("AWS_REGION=us-west-2")));
  EXPECT_THAT(variables, Not(Contains(HasSubstr("very-secret"))));
}

TEST(UserEnvironment, OnTheMachineTheCredentialsAskForAWordThatIsNotTheToken) {
  Json json = Minimal();
  json["token"] = "very-secret";
  Paths paths;
  paths.ml = "/d/i-1/ml";
  ASSERT_TRUE(paths.on_the_machine());
  const auto variables = [&](const Paths& where) {
    return UserEnvironment(ParseWorkOrder(json.Dump()).value(), where, "");
  };

  EXPECT_THAT(variables(paths), Contains(StartsWith("AWS_CONTAINER_AUTHORIZATION_TOKEN=")));
  EXPECT_THAT(variables(paths), Not(Contains(HasSubstr("very-secret"))));
  EXPECT_THAT(variables(Paths{}), Not(Contains(StartsWith("AWS_CONTAINER_AUTHORIZATION_TOKEN="))));
}

TEST(UserEnvironment, AnEntryPointOfTheUsersFindsTheRuntimesPython) {
  Json json = Minimal();
  json["command"] = Json::Array({"/bin/bash", "-c", "python3 train.py"});

  const std::vector<std::string> variables =
      UserEnvironment(ParseWorkOrder(json.Dump()).value(), Paths{}, "");

  EXPECT_THAT(variables,
              Contains(StartsWith("PATH=/opt/sagebrush/runtime/bin:/opt/ml/.sagebrush/packages/bin:"
                                  "/opt/sagebrush/kit/bin:/usr")));
}

TEST(UserEnvironment, WithoutNetworkNothingPointsToTheServer) {
  Json json = Minimal();
  json["network"] = false;

  const std::vector<std::string> variables =
      UserEnvironment(ParseWorkOrder(json.Dump()).value(), Paths{}, "");

  EXPECT_THAT(variables, Not(Contains(HasSubstr("127.0.0.1"))));
}

}  // namespace
}  // namespace sagebrush::agent
