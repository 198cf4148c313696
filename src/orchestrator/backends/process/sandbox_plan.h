// SPDX-License-Identifier: Apache-2.0
// What an instance's keeper is told: what is bound where, as whom it runs, and, for a sandbox, the bubblewrap command line
// made of it. Pure functions; the keeper (sandbox.h) does the deeds.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "orchestrator/backends/process/isolation.h"

namespace sagebrush::orchestrator {

struct SandboxBind {
  std::filesystem::path source;
  std::string target;
  bool writable = false;
  bool operator==(const SandboxBind&) const = default;
};

struct SandboxPlan {
  Isolation isolation = Isolation::kSandbox;
  std::string instance;
  std::filesystem::path folder;  // the instance's own: lock, pid, exit, agent.log
  std::string host_name;
  unsigned drop_to_uid = 0;  // 0: stay who we are (an ordinary user's server)
  std::vector<std::filesystem::path> cgroups;
  // Of a sandbox: agent, runtime, kit, /opt/ml, /run/sagebrush, files of /etc. Without isolation: /opt/ml, if it can be had.
  std::vector<SandboxBind> binds;
  // Folders that must stay as long as the instance lives: the keeper holds a shared lock on each, so `gc` lets them be.
  std::vector<std::filesystem::path> held = {};
  // Of the machine, for the numbers that this instance was given (machine_name.h): the keeper holds them.
  std::vector<std::string> names = {};
  // Without isolation: the agent's command line and environment.
  std::vector<std::string> command = {}, environment = {};
  Json work_order;

  Json ToJson() const;
  static Result<SandboxPlan> FromJson(const Json& json);
};

// The command line of bubblewrap, after its name. `sources[i]` stands for plan.binds[i].source: the staged path where a
// root server had to bind it first. bubblewrap writes what it started to `info_fd`.
std::vector<std::string> BubblewrapArguments(const SandboxPlan& plan,
                                             const std::vector<std::filesystem::path>& sources,
                                             int info_fd);

}  // namespace sagebrush::orchestrator
