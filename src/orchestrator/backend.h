// SPDX-License-Identifier: Apache-2.0
// Backend: one way of running instances: sandboxes of this machine, containers of a Docker engine, pods of a cluster. It acts
// and observes; it decides nothing and keeps no state of its own beyond what is where the instances run, so that a new server
// finds everything again. Any thread may call; every call is bounded in time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::orchestrator {

struct Mount {
  std::filesystem::path source;  // on the machine
  std::string target;            // in the instance; below /opt
};

// What is to run, in the words of the container contract: /opt/ml, port 8080, the paths of the mounts. A back end whose
// instances have no file system or network of their own says it in the machine's (bare_instance.h).
struct InstanceSpec {
  std::string id;  // "i-" and 12 letters or digits
  std::string host_name = "algo-1";
  std::string image = {};  // what the user named; a back end of containers runs it
  Json work_order;         // handed to the agent where nobody else can read it
  std::vector<Mount>
      read_only;  // the runtime and the kit: what stands for the image where none is run
  std::uint64_t memory_bytes = 0;  // reserved and enforced
  int cpu_weight = 100;            // shares, never a reservation
  int max_processes = 4096;
};

// How long an instance may run without its agent being there before it counts as lost: it has been stopped (SIGSTOP) or hangs.
// An agent that lives dials again within a second.
inline constexpr std::chrono::seconds kLongestSilence{60};

struct InstanceObservation {
  enum class State {
    kAbsent,
    kPending,  // accepted; its machine or its image is still to come
    kRunning,
    kExited
  };
  State state = State::kAbsent;
  int exit_code = 0;           // of the agent; 128 + signal
  bool out_of_memory = false;  // a process of it was killed for memory
  std::string detail = {};     // why it is pending or has ended, in the back end's words; may be ""
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Makes the instance and starts its agent. kAlreadyExists if it is there, whatever its state; kUnavailable if a thing it
  // needs has just gone, or others have all there is of it, and asking again may help. After a failure nothing is left.
  virtual Status Start(const InstanceSpec& spec) = 0;
  virtual InstanceObservation Observe(const std::string& id) = 0;
  // Kills every process of it at once and waits until they are gone. Fine if it is absent.
  virtual Status Kill(const std::string& id) = 0;
  // Kill, then remove all that was made for it. Idempotent.
  virtual Status Remove(const std::string& id) = 0;
  // Every instance of this data folder that is found, whoever started it.
  virtual Result<std::vector<std::string>> List() = 0;
  // The folder of this machine where the server listens for that instance's agent, as control.sock and api.sock. Nothing where
  // agents run elsewhere and dial the server's own port with their token.
  virtual std::optional<std::filesystem::path> SocketFolder(const std::string& id) const = 0;
  // Whether memory is enforced from outside the instance; else the work order tells the agent to watch.
  virtual bool enforces_memory() const = 0;
};

}  // namespace sagebrush::orchestrator
