// SPDX-License-Identifier: Apache-2.0
// Backend: one way of running instances. It acts and observes; it decides nothing and keeps no state of its own beyond what
// is on the machine, so that a new server finds everything again. Any thread may call; every call is bounded in time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::orchestrator {

struct Mount {
  std::filesystem::path source;  // on the machine
  std::string target;            // in the instance; below /opt
};

struct InstanceSpec {
  std::string id;  // "i-" and 12 letters or digits
  std::string host_name = "algo-1";
  Json work_order;                 // handed to the agent over a pipe
  std::vector<Mount> read_only;    // the runtime, the kit
  std::uint64_t memory_bytes = 0;  // reserved and enforced
  int cpu_weight = 100;            // shares, never a reservation
  int max_processes = 4096;
};

struct InstanceObservation {
  enum class State { kAbsent, kRunning, kExited };
  State state = State::kAbsent;
  int exit_code = 0;           // of the agent; 128 + signal
  bool out_of_memory = false;  // the cgroup says a process was killed for memory
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Makes the instance's folders and sockets folder and starts its agent. kAlreadyExists if it is there, whatever its state.
  // After a failure nothing is left.
  virtual Status Start(const InstanceSpec& spec) = 0;
  virtual InstanceObservation Observe(const std::string& id) = 0;
  // Kills every process of it at once and waits until they are gone. Fine if it is absent.
  virtual Status Kill(const std::string& id) = 0;
  // Kill, then remove folders, cgroups, mounts. Idempotent.
  virtual Status Remove(const std::string& id) = 0;
  // Every instance of this data folder found on the machine, whoever started it.
  virtual Result<std::vector<std::string>> List() = 0;
  // The folder that is bound at /run/sagebrush inside: the server listens there as control.sock and api.sock.
  virtual std::filesystem::path SocketFolder(const std::string& id) const = 0;
  // Whether memory is enforced by the kernel here; else the work order tells the agent to watch.
  virtual bool enforces_memory() const = 0;
};

}  // namespace sagebrush::orchestrator
