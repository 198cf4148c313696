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
#include "orchestrator/resource_sample.h"

namespace sagebrush::orchestrator {

struct LogLine {
  std::int64_t timestamp_ms = 0;
  std::string text;
};

// What links need of others; apps/ plugs it in.
struct AgentHubCallbacks {
  // Stores the lines and the highest sequence in one step; returns the highest now stored. An empty batch only asks.
  std::function<Result<std::int64_t>(const Instance&, std::int64_t first,
                                     std::vector<LogLine> lines)>
      store_logs;
  // What the instance uses; heard of once, so nobody waits for it.
  std::function<void(const Instance&, const ResourceSample&)> store_sample = {};
  // Serves HTTP on the instance's own socket; returns a handle for stop_api.
  std::function<Result<int>(UniqueFd listener, const std::string& instance_id)> serve_api;
  std::function<void(int handle)> stop_api;
  // An agent reported something, or came, or went.
  std::function<void()> changed;
};

class AgentLink {
 public:
  // An agent pings every 5 s: one that is silent for so long is gone or frozen, and what waits for it should know.
  static constexpr std::chrono::milliseconds kPatience{20'000};

  // `api_handle`: of serve_api; given back at the end.
  AgentLink(Instances& instances, const AgentHubCallbacks& callbacks, std::string id,
            UniqueFd listener, int api_handle, std::chrono::milliseconds patience = kPatience);
  ~AgentLink() { Stop(); }

  void Stop();
  void RequestStop(const std::string& reason);
  bool IsConnected() const;
  // How long there has been no connection; nothing while there is one.
  std::chrono::milliseconds Silence() const;
  Result<UniqueFd> Dial(int port, std::chrono::milliseconds timeout);

 private:
  void Run();
  bool WaitFor(int fd, std::chrono::milliseconds patience = std::chrono::milliseconds(-1));
  void Pause(std::chrono::milliseconds time);
  bool Welcome(int socket);
  void Serve(UniqueFd socket);
  Status Handle(Frame frame);
  Status StoreLogs(const Json& message);
  Status StoreReport(const Json& message);
  Status StoreSample(const Json& message);
  Status FinishDial(const Json& message, UniqueFd fd);
  Status Send(const Json& message);
  void SendLocked(const Json& message);

  Instances& instances_;
  const AgentHubCallbacks& callbacks_;
  const std::string id_;
  const UniqueFd listener_;
  const UniqueFd wake_;
  const int api_handle_;
  const std::chrono::milliseconds patience_;
  std::atomic<bool> stopping_{false};
  std::optional<std::chrono::steady_clock::time_point> last_sample_;  // of the reading thread
  bool store_failed_ = false;                                         // of the reading thread too

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  UniqueFd connection_;
  std::chrono::steady_clock::time_point silent_since_ = std::chrono::steady_clock::now();
  std::optional<std::string> stop_reason_;
  std::int64_t last_dial_ = 0;
  std::map<std::int64_t, std::optional<Result<UniqueFd>>> dials_;  // absent value: not answered yet

  std::thread thread_;
};

}  // namespace sagebrush::orchestrator
