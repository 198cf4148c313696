// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/work_order.h"

namespace sagebrush::orchestrator {

namespace {

constexpr char kRuntime[] = "/opt/sagebrush/runtime";
constexpr char kLibrary[] = "/opt/sagebrush/library";
constexpr char kKit[] = "/opt/sagebrush/kit";
constexpr char kModelServer[] = "/opt/sagebrush/sagebrush-model-server";
constexpr int kApiPort = 7071;  // on the instance's own loopback: nobody else listens there

// The members that plans and orders share, as they are.
Json Common(const Json& plan, const char* kind, const std::string& instance,
            const std::string& token, std::uint64_t watched_memory_bytes) {
  Json order =
      Json::Object({{"version", 1}, {"instance", instance}, {"token", token}, {"kind", kind}});
  for (const char* name : {"job_name", "job_arn", "account", "region", "hosts", "current_host",
                           "instance_type", "environment", "network", "first_log_lines"})
    if (const Json* member = plan.Find(name)) order[name] = *member;
  order["api_port"] = kApiPort;
  order["memory_limit_bytes"] = watched_memory_bytes;
  return order;
}

}  // namespace

Json TrainingWorkOrder(const TrainingPlan& training, const std::string& instance,
                       const std::string& token, const RuntimeFolders& folders,
                       std::uint64_t watched_memory_bytes) {
  const Json plan = training.ToJson();
  Json order = Common(plan, "training", instance, token, watched_memory_bytes);
  for (const char* name : {"hyperparameters", "channels", "code", "outputs", "checkpoints",
                           "max_runtime_seconds", "stop_grace_seconds"})
    if (const Json* member = plan.Find(name)) order[name] = *member;
  order["working_directory"] = "/opt/ml/code";
  const Json* command = plan.Find("command");  // a container entry point of the user's
  if (command != nullptr) {
    order["command"] = *command;
    return order;
  }
  const std::string interpreter = std::string(kRuntime) + "/" + folders.python;
  order["command"] = Json::Array({interpreter, std::string(kKit) + "/sagebrush_kit/train.py"});
  for (const auto& argument : training.arguments) order["command"].Append(argument);
  // Script mode: what the code's requirements.txt names is there before the script.
  order["install_command"] = Json::Array({interpreter, "-m", "pip", "install", "--user",
                                          "--no-warn-script-location", "-r", "requirements.txt"});
  // Packages are kept for a runtime as it is: a newer recipe may bring others along, or another Python.
  if (!folders.recipe.empty()) order["runtime"] = training.workload.runtime + ":" + folders.recipe;
  return order;
}

Json HostingWorkOrder(const HostingPlan& hosting, const std::string& instance,
                      const std::string& token, std::uint64_t watched_memory_bytes) {
  Json order = Common(hosting.ToJson(), "hosting", instance, token, watched_memory_bytes);
  order["model_data"] = hosting.model_data;
  order["working_directory"] = "/opt/ml/model";
  order["command"] =
      Json::Array({kModelServer, "--model-dir", "/opt/ml/model", "--tensorflow-library", kLibrary});
  return order;
}

std::vector<Mount> TrainingMounts(const RuntimeFolders& folders, const ProgramPaths& programs) {
  return {{folders.runtime, kRuntime}, {programs.kit, kKit}};
}

std::vector<Mount> HostingMounts(const RuntimeFolders& folders, const ProgramPaths& programs) {
  return {{folders.library, kLibrary}, {programs.model_server, kModelServer}};
}

}  // namespace sagebrush::orchestrator
