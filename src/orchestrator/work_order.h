// SPDX-License-Identifier: Apache-2.0
// From what a service planned to what an agent is told and an instance sees. Pure functions.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "orchestrator/backend.h"
#include "orchestrator/plan.h"

namespace sagebrush::orchestrator {

// Where this server's own programs and the runtimes stand on the machine.
struct ProgramPaths {
  std::filesystem::path model_server;  // sagebrush-model-server
  std::filesystem::path kit;           // python/
};

struct RuntimeFolders {
  std::filesystem::path runtime;
  std::filesystem::path library;  // hosting: what the model server loads; may be ""
  std::string python;             // relative to the runtime's folder
  std::string recipe = {};        // which one the runtime was made by; "" if that is not known
};

Json TrainingWorkOrder(const TrainingPlan& plan, const std::string& instance,
                       const std::string& token, const RuntimeFolders& folders,
                       std::uint64_t watched_memory_bytes);
Json HostingWorkOrder(const HostingPlan& plan, const std::string& instance,
                      const std::string& token, std::uint64_t watched_memory_bytes);

std::vector<Mount> TrainingMounts(const RuntimeFolders& folders, const ProgramPaths& programs);
std::vector<Mount> HostingMounts(const RuntimeFolders& folders, const ProgramPaths& programs);

}  // namespace sagebrush::orchestrator
