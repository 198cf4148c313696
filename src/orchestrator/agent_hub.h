// SPDX-License-Identifier: Apache-2.0
// AgentHub: the server's end of the agents' connections (docs/formats/agent-protocol.md). It listens in each instance's socket
// folder, stores what agents report before it acknowledges, and asks them for connections to the instance's ports.
// Any thread may call. One thread an instance, because storing blocks on the disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/status.h"
#include "orchestrator/instances.h"

namespace sagebrush::orchestrator {

struct LogLine {
  std::int64_t timestamp_ms = 0;
  std::string text;
};

// What the hub needs of others; apps/ plugs it in.
struct AgentHubHooks {
  // Stores the lines and the highest sequence in one step; returns the highest now stored. An empty batch only asks.
  std::function<Result<std::int64_t>(const Instance&, std::int64_t first,
                                     std::vector<LogLine> lines)>
      store_logs;
  // Serves HTTP on the instance's own socket; returns a handle for stop_api.
  std::function<Result<int>(UniqueFd listener, const std::string& instance_id)> serve_api;
  std::function<void(int handle)> stop_api;
  // An agent reported something, or came, or went.
  std::function<void()> changed;
};

class AgentHub {
 public:
  AgentHub(Instances& instances, AgentHubHooks hooks);
  ~AgentHub();  // detaches all; agents will dial the next server

  // Begins to listen for that instance's agent. Attaching again is fine.
  Status Attach(const std::string& id, const std::filesystem::path& socket_folder);
  void Detach(const std::string& id);
  // Tells the agent to stop its work, now or as soon as it dials in.
  void RequestStop(const std::string& id, const std::string& reason);
  bool IsConnected(const std::string& id) const;
  // A connected socket to 127.0.0.1:port inside. Waits for the agent to dial in, up to the timeout. kUnavailable when the
  // instance is unknown or its agent says no.
  Result<UniqueFd> Dial(const std::string& id, int port, std::chrono::milliseconds timeout);

 private:
  class Link;
  std::shared_ptr<Link> Find(const std::string& id) const;

  Instances& instances_;
  const AgentHubHooks hooks_;
  mutable std::mutex mutex_;                            // guards links_
  std::map<std::string, std::shared_ptr<Link>> links_;  // shared: a Dial may outlive a Detach
};

}  // namespace sagebrush::orchestrator
