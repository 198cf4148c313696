// SPDX-License-Identifier: Apache-2.0
// AgentHub: all instances' links to their agents, by id (agent_link.h). Any thread may call.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/fd.h"
#include "base/status.h"
#include "orchestrator/agent_link.h"
#include "orchestrator/instances.h"

namespace sagebrush::orchestrator {

class AgentHub {
 public:
  // `patience`: AgentLink's.
  AgentHub(Instances& instances, AgentHubCallbacks callbacks,
           std::chrono::milliseconds patience = AgentLink::kPatience);
  ~AgentHub();  // detaches all; agents will dial the next server

  // Begins to listen for that instance's agent. Attaching again is fine.
  Status Attach(const std::string& id, const std::filesystem::path& socket_folder);
  void Detach(const std::string& id);
  // Tells the agent to stop its work, now or as soon as it dials in.
  void RequestStop(const std::string& id, const std::string& reason);
  bool IsAttached(const std::string& id) const { return Find(id) != nullptr; }
  bool IsConnected(const std::string& id) const;
  // How long the agent of an attached instance has not been connected; nothing if it is, or is not attached.
  std::chrono::milliseconds SilenceOf(const std::string& id) const;
  // A connected socket to 127.0.0.1:port inside. Waits for the agent to dial in, up to the timeout. kUnavailable when the
  // instance is unknown or its agent says no.
  Result<UniqueFd> Dial(const std::string& id, int port, std::chrono::milliseconds timeout);

 private:
  std::shared_ptr<AgentLink> Find(const std::string& id) const;

  Instances& instances_;
  const AgentHubCallbacks callbacks_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;                                 // guards links_
  std::map<std::string, std::shared_ptr<AgentLink>> links_;  // shared: a Dial may outlive a Detach
};

}  // namespace sagebrush::orchestrator
