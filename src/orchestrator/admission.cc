// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/admission.h"

#include <algorithm>
#include <map>
#include <thread>
#include <tuple>
#include <unistd.h>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

std::uint64_t Reserved(const std::vector<RunningInstance>& running) {
  std::uint64_t sum = 0;
  for (const auto& instance : running) sum += instance.memory_bytes;
  return sum;
}

std::string Gigabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes * 10 / (std::uint64_t{1} << 30);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

}  // namespace

std::uint64_t Reservation(const Machine& machine, std::uint64_t type_memory_bytes) {
  return std::min(type_memory_bytes, machine.memory_bytes / 4);
}

bool Fits(const Machine& machine, const std::vector<RunningInstance>& running,
          std::uint64_t memory_bytes) {
  return Reserved(running) + memory_bytes <= machine.memory_bytes;
}

AdmissionDecision Admit(const Machine& machine, const std::vector<RunningInstance>& running,
                        std::vector<WaitingJob> waiting) {
  AdmissionDecision decision;
  std::map<std::string, int> jobs_of;
  int jobs = 0;
  for (const auto& instance : running) {
    if (!instance.is_job) continue;
    ++jobs_of[instance.principal];
    ++jobs;
  }
  std::uint64_t reserved = Reserved(running);
  // Somebody does: smaller jobs do not overtake, or it would never get its turn.
  bool waits_for_memory = false;
  while (!waiting.empty()) {
    const auto next = std::min_element(waiting.begin(), waiting.end(),
                                       [&](const WaitingJob& a, const WaitingJob& b) {
                                         return std::tuple(jobs_of[a.principal], a.created, a.id) <
                                                std::tuple(jobs_of[b.principal], b.created, b.id);
                                       });
    if (jobs >= machine.cores) {
      decision.wait.push_back({next->id, "Waiting for one of " + std::to_string(jobs) +
                                             " running jobs to end (this machine runs " +
                                             std::to_string(machine.cores) + " at a time)"});
    } else if (waits_for_memory) {
      decision.wait.push_back({next->id, "Waiting for memory: an earlier job waits for it too"});
    } else if (reserved + next->memory_bytes > machine.memory_bytes) {
      decision.wait.push_back(
          {next->id,
           "Waiting for memory: " + Gigabytes(next->memory_bytes) + " needed, " +
               Gigabytes(machine.memory_bytes - std::min(reserved, machine.memory_bytes)) +
               " not reserved"});
      waits_for_memory = true;
    } else {
      decision.start.push_back(next->id);
      ++jobs_of[next->principal];
      ++jobs;
      reserved += next->memory_bytes;
    }
    waiting.erase(next);
  }
  return decision;
}

Machine ThisMachine() {
  Machine machine;
  machine.cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  machine.memory_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const char* file :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const auto text = ReadFile(file);
    const auto limit = text.ok() ? ParseUint(Trim(*text)) : std::nullopt;
    if (limit && *limit > 0) machine.memory_bytes = std::min(machine.memory_bytes, *limit);
  }
  return machine;
}

}  // namespace sagebrush::orchestrator
