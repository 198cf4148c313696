// SPDX-License-Identifier: Apache-2.0
// InstanceRunner: the deeds on instances that controllers order: start one (token, sockets, sandbox), look at it, let it go.
// Starting is done on the caller's thread (some milliseconds); letting go on a pool, since folders can be large.
// Any thread may call.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "orchestrator/agent_hub.h"
#include "orchestrator/backend.h"
#include "orchestrator/instances.h"

namespace sagebrush::orchestrator {

struct StartRequest {
  std::string id;
  std::string host_name;
  std::string image;  // as the user wrote it
  std::vector<Mount> mounts;
  std::uint64_t memory_bytes = 0;
  // The order, once the agent's token and the memory it must watch itself (0: the kernel does) are known.
  std::function<Json(const std::string& token, std::uint64_t watched_memory_bytes)> work_order;
};

class InstanceRunner {
 public:
  InstanceRunner(metastore::RecordStore& records, Instances& instances, Backend& backend,
                 AgentHub& hub, std::function<void()> changed);
  ~InstanceRunner();

  // Its record must be there.
  Status Start(const StartRequest& request);
  // Looks at the machine, and sees to it that the hub listens for the agent of what runs.
  InstanceObservation Observe(const std::string& id);
  // For how long this server has been waiting for the agent of a running instance to be there. A new server begins anew.
  std::chrono::milliseconds SilenceOf(const std::string& id) const { return hub_.SilenceOf(id); }
  void RequestStop(const std::string& id, const std::string& reason) {
    hub_.RequestStop(id, reason);
  }
  Status Kill(const std::string& id) { return backend_.Kill(id); }
  // Lets its agent finish and ship its last lines, then removes all of it, its record last. Returns at once; asking again while
  // that goes on is fine.
  void LetGo(const std::string& id);

  // After a start of the server: listens again for every instance that has a record, and removes what has none.
  Status Adopt();

 private:
  void Remove(const std::string& id);
  Status Attach(const std::string& id);

  metastore::RecordStore& records_;
  Instances& instances_;
  Backend& backend_;
  AgentHub& hub_;
  const std::function<void()> changed_;
  std::mutex mutex_;  // guards leaving_
  std::set<std::string> leaving_;
  ThreadPool pool_;
};

}  // namespace sagebrush::orchestrator
