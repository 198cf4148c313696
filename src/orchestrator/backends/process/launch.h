// SPDX-License-Identifier: Apache-2.0
// Makes what an instance needs before its keeper starts: folders, files of /etc, a uid, ports; and the keeper's plan. One call
// at a time: numbers are chosen among those that no other instance has noted.
#pragma once

#include <filesystem>

#include "orchestrator/backend.h"
#include "orchestrator/backends/process/instance_folder.h"
#include "orchestrator/backends/process/sandbox_plan.h"

namespace sagebrush::orchestrator {

struct LaunchOptions {
  std::filesystem::path instances;  // <data>/instances
  std::filesystem::path agent;
  std::filesystem::path ca_bundle;  // "" for none
  std::filesystem::path open_root;
};

// All without cgroups, which the caller adds.
Result<SandboxPlan> PrepareSandbox(const InstanceSpec& spec, const InstanceFolder& folder,
                                   const LaunchOptions& options);
Result<SandboxPlan> PrepareBare(const InstanceSpec& spec, const InstanceFolder& folder,
                                const LaunchOptions& options);

}  // namespace sagebrush::orchestrator
