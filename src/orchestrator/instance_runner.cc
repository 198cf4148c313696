// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/instance_runner.h"

#include <thread>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"

namespace sagebrush::orchestrator {

namespace {

// How long an instance that has nothing left to do may take to ship its last lines and leave.
constexpr std::chrono::seconds kFarewell{5};
constexpr std::chrono::milliseconds kPoll{10};
constexpr std::size_t kRemovers = 4;
constexpr std::size_t kQueue = 4096;

}  // namespace

InstanceRunner::InstanceRunner(metastore::RecordStore& records, Instances& instances,
                               Backend& backend, AgentHub& hub, std::function<void()> changed)
    : records_(records),
      instances_(instances),
      backend_(backend),
      hub_(hub),
      changed_(std::move(changed)),
      pool_(kRemovers, kQueue) {}

InstanceRunner::~InstanceRunner() { pool_.Stop(); }

Status InstanceRunner::Start(const StartRequest& request) {
  const std::string token = NewId(40);
  RETURN_IF_ERROR(instances_.SetToken(request.id, token));
  InstanceSpec spec{.id = request.id,
                    .host_name = request.host_name,
                    .image = request.image,
                    .work_order = {},
                    .read_only = request.mounts,
                    .memory_bytes = request.memory_bytes};
  spec.work_order =
      request.work_order(token, backend_.enforces_memory() ? 0 : request.memory_bytes);
  RETURN_IF_ERROR(backend_.Start(spec));
  return Attach(request.id);
}

Status InstanceRunner::Attach(const std::string& id) {
  const auto folder = backend_.SocketFolder(id);
  return folder ? hub_.Attach(id, *folder) : Status::Ok();
}

InstanceObservation InstanceRunner::Observe(const std::string& id) {
  InstanceObservation seen = backend_.Observe(id);
  if (seen.state != InstanceObservation::State::kRunning || hub_.IsAttached(id)) return seen;
  {
    const std::lock_guard lock(mutex_);
    if (leaving_.contains(id)) return seen;
  }
  // It could not be attached before: out of descriptors, say.
  if (const Status attached = Attach(id); !attached.ok())
    LogError("instances", id + " runs and cannot be reached: " + attached.ToString());
  return seen;
}

void InstanceRunner::LetGo(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    if (!leaving_.insert(id).second) return;
  }
  if (pool_.Submit([this, id] { Remove(id); })) return;
  const std::lock_guard lock(mutex_);  // too many at once: the loop asks again
  leaving_.erase(id);
}

void InstanceRunner::Remove(const std::string& id) {
  hub_.RequestStop(id, "the instance is no longer needed");
  const auto deadline = std::chrono::steady_clock::now() + kFarewell;
  while (backend_.Observe(id).state == InstanceObservation::State::kRunning &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kPoll);
  hub_.Detach(id);
  Status removed = backend_.Remove(id);
  if (removed.ok()) removed = records_.Commit({instances_.DeleteWrite(id)});
  const bool gone = removed.ok() || removed.code() == Code::kNotFound;
  if (!gone) LogError("instances", id + ": " + removed.ToString());
  {
    const std::lock_guard lock(mutex_);
    leaving_.erase(id);
  }
  if (gone) changed_();  // else the loop tries again in its own time, not at once and for ever
}

Status InstanceRunner::Adopt() {
  ASSIGN_OR_RETURN(const auto known, instances_.All());
  std::set<std::string> ids;
  for (const auto& instance : *known) {
    ids.insert(instance.id);
    // One that cannot be reached or removed is no reason for the others to be left alone.
    if (Observe(instance.id).state != InstanceObservation::State::kRunning) continue;
    LogInfo("instances", "found " + instance.id + " of " + instance.owner.kind + " " +
                             instance.owner.name + " still running");
  }
  ASSIGN_OR_RETURN(const auto found, backend_.List());
  for (const auto& id : found) {
    if (ids.contains(id)) continue;
    LogWarning("instances", id + " has no record: removing it");
    const Status removed = backend_.Remove(id);
    if (!removed.ok()) LogError("instances", id + ": " + removed.ToString());
  }
  return Status::Ok();
}

}  // namespace sagebrush::orchestrator
