// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/bare_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

BareLayout Layout() {
  return {
      .ml = "/d/i-1/ml",
      .sockets = "/d/i-1/run",
      .tmp = "/d/i-1/tmp",
      .agent = "/bin/sagebrush-agent",
      .ca_bundle = "/d/i-1/ca.pem",
      .api_port = 20'001,
      .serving_port = 20'000,
      .mounts = {{"/cache/tf", "/opt/sagebrush/runtime"}, {"/src/python", "/opt/sagebrush/kit"}}};
}

Json Order(Json command) {
  return RelocatedOrder(Json::Object({{"command", std::move(command)}, {"api_port", 7071}}),
                        Layout());
}

TEST(BareInstance, EveryPathOfTheContractBecomesTheMachines) {
  const Json order = RelocatedOrder(
      Json::Object(
          {{"command", Json::Array({"/opt/sagebrush/runtime/bin/python",
                                    "/opt/sagebrush/kit/sagebrush_kit/train.py"})},
           {"working_directory", "/opt/ml/code"},
           {"checkpoints", Json::Object({{"local_path", "/opt/ml/checkpoints"}})},
           {"hyperparameters", Json::Object({{"sagemaker_submit_directory", "\"/opt/ml/input\""}})},
           {"environment", Json::Object({{"PYTHONPATH", "/opt/ml/code:/opt/ml/model"}})},
           {"api_port", 7071},
           {"network", true}}),
      Layout());

  EXPECT_EQ(order.Find("command")->AsArray()[0].AsString(), "/cache/tf/bin/python");
  EXPECT_EQ(order.Find("command")->AsArray()[1].AsString(), "/src/python/sagebrush_kit/train.py");
  EXPECT_EQ(order.GetString("working_directory"), "/d/i-1/ml/code");
  EXPECT_EQ(order.Find("checkpoints")->GetString("local_path"), "/d/i-1/ml/checkpoints");
  EXPECT_EQ(order.Find("hyperparameters")->GetString("sagemaker_submit_directory"),
            "\"/d/i-1/ml/input\"");
  EXPECT_EQ(order.Find("environment")->GetString("PYTHONPATH"), "/d/i-1/ml/code:/d/i-1/ml/model");
  EXPECT_EQ(order.GetInt("api_port"), 20'001);
  EXPECT_TRUE(order.GetBool("network"));
}

TEST(BareInstance, WhatOnlyLooksLikeAPathOfTheContractStays) {
  const Json order = Order(Json::Array(
      {"s3://bucket/opt/ml/x", "/opt/mlflow", "/home/opt/ml", "/opt/sagebrush/runtime-2"}));

  for (const auto& word : order.Find("command")->AsArray())
    EXPECT_THAT(word.AsString(), ::testing::Not(HasSubstr("/d/i-1")));
  EXPECT_EQ(order.Find("command")->AsArray()[3].AsString(), "/opt/sagebrush/runtime-2");
}

TEST(BareInstance, TheAgentIsToldEveryPlaceOfItsOwn) {
  const auto command = BareAgentCommand("i-1", Layout());

  EXPECT_EQ(command.front(), "/bin/sagebrush-agent");
  for (const char* word : {"/d/i-1/ml", "/d/i-1/run/control.sock", "/d/i-1/run/api.sock",
                           "/d/i-1/tmp", "/d/i-1/ca.pem", "20000", "/cache/tf/bin"})
    EXPECT_THAT(command, Contains(word));
}

TEST(BareInstance, TheLogBeginsWithWhatIsMissing) {
  const auto lines = NotIsolatedLines(
      Layout(),
      {.user = "me (uid 1000)", .own_user = false, .has_opt_ml = false, .wants_isolation = true});

  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], HasSubstr("NOT ISOLATED (--isolation=none)"));
  EXPECT_THAT(lines[1], HasSubstr("/d/i-1/ml"));
  EXPECT_THAT(lines[2], HasSubstr("EnableNetworkIsolation"));
}

}  // namespace
}  // namespace sagebrush::orchestrator
