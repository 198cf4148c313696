// SPDX-License-Identifier: Apache-2.0
// AgentLink: one instance's side of docs/formats/agent-protocol.md at the server: it listens, lets the agent in, stores what
// it says before acknowledging, passes wishes on, and waits for the next connection when one ends.
// Any thread may call; a thread of its own reads, because storing blocks on the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/frame.h"
#include "base/json.h"
#include "base/status.h"
#include "orchestrator/instances.h"

namespace sagebrush::orchestrator {

struct LogLine {
  std::int64_t timestamp_ms = 0;
  std::string text;
};

// What links need of others; apps/ plugs it in.
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

class AgentLink {
 public:
  // `api_handle`: of serve_api; given back at the end.
  AgentLink(Instances& instances, const AgentHubHooks& hooks, std::string id, UniqueFd listener,
            int api_handle);
  ~AgentLink() { Stop(); }

  void Stop();
  void RequestStop(const std::string& reason);
  bool IsConnected() const;
  Result<UniqueFd> Dial(int port, std::chrono::milliseconds timeout);

 private:
  void Run();
  bool WaitFor(int fd, std::chrono::milliseconds patience = std::chrono::milliseconds(-1));
  bool Welcome(int socket);
  void Serve(UniqueFd socket);
  Status Handle(Frame frame);
  Status StoreLogs(const Json& message);
  Status StoreReport(const Json& message);
  Status FinishDial(const Json& message, UniqueFd fd);
  Status Send(const Json& message);
  void SendLocked(const Json& message);

  Instances& instances_;
  const AgentHubHooks& hooks_;
  const std::string id_;
  const UniqueFd listener_;
  const UniqueFd wake_;
  const int api_handle_;
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  UniqueFd connection_;
  std::optional<std::string> stop_reason_;
  std::int64_t last_dial_ = 0;
  std::map<std::int64_t, std::optional<Result<UniqueFd>>> dials_;  // absent value: not answered yet

  std::thread thread_;
};

}  // namespace sagebrush::orchestrator
