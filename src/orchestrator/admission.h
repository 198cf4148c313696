// SPDX-License-Identifier: Apache-2.0
// Admission: who may start now. A pure function of what runs and what waits. CPU is shared by weight and never reserved;
// memory is reserved. Jobs queue, fairly between principals; endpoints start while memory lasts and are refused when it does not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sagebrush::orchestrator {

struct Machine {
  int cores = 1;
  std::uint64_t memory_bytes = 0;  // what instances may reserve in all
};

// What one instance reserves: its type's memory, at most a quarter of the machine's.
std::uint64_t Reservation(const Machine& machine, std::uint64_t type_memory_bytes);

struct RunningInstance {
  bool is_job = true;
  std::string principal;
  std::uint64_t memory_bytes = 0;
};

struct WaitingJob {
  std::string id;
  std::string principal;
  TimePoint created{};
  std::uint64_t memory_bytes = 0;
};

struct Refused {
  std::string id;
  std::string waits_for;  // a sentence for StatusMessage
};
struct AdmissionDecision {
  std::vector<std::string> start;  // ids, in order
  std::vector<Refused> wait;
};

// As many jobs at once as the machine has cores, while memory lasts. Next is always the oldest job of the principal with the
// fewest running ones.
AdmissionDecision Admit(const Machine& machine, const std::vector<RunningInstance>& running,
                        std::vector<WaitingJob> waiting);

// Whether an endpoint's instance fits beside what runs.
bool Fits(const Machine& machine, const std::vector<RunningInstance>& running,
          std::uint64_t memory_bytes);

// The machine this program runs on (cgroup limits of a container included).
Machine ThisMachine();

}  // namespace sagebrush::orchestrator
