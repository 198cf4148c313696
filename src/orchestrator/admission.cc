// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/admission.h"

#include <algorithm>
#include <deque>
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
  struct Line {
    int running = 0;
    std::deque<WaitingJob*> jobs;  // oldest first
  };
  std::map<std::string, Line> lines;  // by principal
  int jobs = 0;
  for (const auto& instance : running) {
    if (!instance.is_job) continue;
    ++lines[instance.principal].running;
    ++jobs;
  }
  std::sort(waiting.begin(), waiting.end(), [](const WaitingJob& a, const WaitingJob& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  for (auto& job : waiting) lines[job.principal].jobs.push_back(&job);

  AdmissionDecision decision;
  std::uint64_t reserved = Reserved(running);
  std::string others_wait_for;
  for (std::size_t left = waiting.size(); left > 0 && others_wait_for.empty(); --left) {
    Line* next = nullptr;
    const auto place = [](const Line& line) {
      return std::tie(line.running, line.jobs.front()->created, line.jobs.front()->id);
    };
    for (auto& [principal, line] : lines)
      if (!line.jobs.empty() && (next == nullptr || place(line) < place(*next))) next = &line;
    WaitingJob& job = *next->jobs.front();
    if (jobs >= machine.cores) {
      others_wait_for = "Waiting for one of " + std::to_string(jobs) +
                        " running jobs to end (this machine runs " + std::to_string(machine.cores) +
                        " at a time)";
      break;
    }
    next->jobs.pop_front();
    if (reserved + job.memory_bytes > machine.memory_bytes) {
      decision.wait.push_back(
          {job.id, "Waiting for memory: " + Gigabytes(job.memory_bytes) + " needed, " +
                       Gigabytes(machine.memory_bytes - std::min(reserved, machine.memory_bytes)) +
                       " not reserved"});
      // Smaller jobs do not overtake, or it would never get its turn.
      others_wait_for = "Waiting for memory: an earlier job waits for it too";
    } else {
      decision.start.push_back(job.id);
      ++next->running;
      ++jobs;
      reserved += job.memory_bytes;
    }
  }
  for (const auto& [principal, line] : lines)
    for (const WaitingJob* job : line.jobs) decision.wait.push_back({job->id, others_wait_for});
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
