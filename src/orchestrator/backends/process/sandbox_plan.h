// SPDX-License-Identifier: Apache-2.0
// What one sandbox looks like, as data: what is bound where, as whom it runs, and the bubblewrap command line made of it.
// Pure functions; the launcher (sandbox.h) does the deeds.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::orchestrator {

struct SandboxBind {
  std::filesystem::path source;
  std::string target;
  bool writable = false;
  bool operator==(const SandboxBind&) const = default;
};

struct SandboxPlan {
  std::string instance;
  std::filesystem::path folder;  // the instance's own: lock, pid, exit, agent.log
  std::string host_name;
  unsigned drop_to_uid = 0;  // 0: stay who we are (an ordinary user's server)
  std::vector<std::filesystem::path> cgroups;
  std::vector<SandboxBind> binds;  // agent, runtime, kit, /opt/ml, /run/sagebrush, files of /etc
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
