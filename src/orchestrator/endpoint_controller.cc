// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/endpoint_controller.h"

#include "base/log.h"

namespace sagebrush::orchestrator {

namespace {

std::string KeyText(const metastore::Key& key) { return key.scope + "/" + key.name; }

struct Slot {
  const EndpointVariant* variant = nullptr;
  const EndpointInstance* instance = nullptr;
};

// Where an instance stands in a state; nothing when it has left.
Slot FindSlot(const EndpointState& state, const std::string& id) {
  for (const auto* generation : {&state.serving, &state.coming}) {
    if (!*generation) continue;
    for (const auto& variant : (*generation)->variants)
      for (const auto& instance : variant.instances)
        if (instance.id == id) return {&variant, &instance};
  }
  return {};
}

}  // namespace

// Hosting needs no more of a runtime than the library that its server loads.
RuntimeStatus EndpointController::LookAtLibrary(const HostingPlan& plan) {
  const Runtime* runtime = workshop_.catalogue.ByName(plan.workload.runtime);
  const Runtime* library =
      runtime == nullptr ? nullptr : workshop_.catalogue.ByName(runtime->hosting_library);
  if (library == nullptr)
    return {.state = RuntimeStatus::State::kFailed,
            .text = "the runtime '" + plan.workload.runtime + "' is no longer in the catalogue",
            .folder = {}};
  return workshop_.runtimes.Look(*library);
}

Status EndpointController::Reconcile() {
  // A failed endpoint has nothing that could change by itself: what it had is let go below.
  ASSIGN_OR_RETURN(const auto records, ListAll(workshop_.records, kEndpointKind,
                                               {"Creating", "Updating", "InService", "Deleting"}));
  ASSIGN_OR_RETURN(const auto all, workshop_.instances.All());
  std::vector<RunningInstance> running = Running(*all);
  for (const auto& record : records) {
    const Status status = ReconcileOne(record, *all, &running);
    if (!status.ok() && status.code() != Code::kFailedPrecondition)
      LogError("endpoints", record.key.name + ": " + status.ToString());
  }
  // An instance that no endpoint knows of: its endpoint's record changed between two steps of ours, or is gone.
  for (const auto& instance : *all) {
    if (instance.owner.kind != kEndpointKind) continue;
    const auto owner = workshop_.records.Get(instance.owner);
    if (!owner.ok() && owner.status().code() != Code::kNotFound) return owner.status();
    if (!owner.ok() || FindSlot(EndpointStateOf(*owner), instance.id).instance == nullptr)
      workshop_.runner.LetGo(instance.id);
  }
  return Status::Ok();
}

Status EndpointController::ReconcileOne(const metastore::Record& record,
                                        const std::vector<Instance>& all,
                                        std::vector<RunningInstance>* running) {
  const EndpointState state = EndpointStateOf(record);
  EndpointObservation seen;
  std::uint64_t wanted = 0;
  for (const auto& instance : all) {
    if (instance.owner != record.key) continue;
    EndpointInstanceObservation observation{.instance = workshop_.runner.Observe(instance.id),
                                            .silence = workshop_.runner.SilenceOf(instance.id),
                                            .reports = {}};
    const auto fresh =
        workshop_.instances.Get(instance.id);  // after the look: its last words are here
    if (fresh.ok()) observation.reports = fresh->reports;
    seen.instances.emplace(instance.id, std::move(observation));
  }
  for (const auto* generation : {&state.serving, &state.coming}) {
    if (!*generation) continue;
    for (const auto& variant : (*generation)->variants) {
      seen.runtimes[variant.name] = LookAtLibrary(variant.plan);
      if (generation == &state.coming)
        for (const auto& instance : variant.instances)
          if (instance.id.empty())
            wanted += ReservedMemory(workshop_.machine, variant.plan.workload);
    }
  }
  seen.fits = Fits(workshop_.machine, *running, wanted);

  const EndpointStep step = Step(state, seen, workshop_.clock.Now(), NewInstanceId);
  RETURN_IF_ERROR(CommitStep(record, step));
  for (const auto& id : step.create) {
    const WorkloadPlan& plan = FindSlot(step.next, id).variant->plan.workload;
    running->push_back({.is_job = false,
                        .principal = plan.principal,
                        .memory_bytes = ReservedMemory(workshop_.machine, plan)});
  }
  Publish(record.key, step.next);
  for (const auto* ids : {&step.create, &step.start})
    for (const auto& id : *ids) {
      const Status started = StartInstance(record.key, step.next, id);
      if (!started.ok()) LogError("endpoints", record.key.name + ": " + started.ToString());
    }
  for (const auto& id : step.remove) workshop_.runner.LetGo(id);
  return Status::Ok();
}

Status EndpointController::CommitStep(const metastore::Record& record, const EndpointStep& step) {
  std::vector<metastore::Write> writes;
  const EndpointState& next = step.next;
  const bool gone =
      next.status == "Deleting" && next.leaving.empty() && !next.serving && !next.coming;
  if (gone) {
    writes.push_back({.action = metastore::Write::Action::kDelete, .record = record});
  } else if (next.ToJson() != EndpointStateOf(record).ToJson()) {
    metastore::Record changed = record;
    SetState(&changed, next);
    changed.modified = workshop_.clock.Now();
    writes.push_back({.action = metastore::Write::Action::kUpdate, .record = std::move(changed)});
  }
  for (const auto& id : step.create) {
    const Slot slot = FindSlot(next, id);
    Instance instance = PlannedInstance(workshop_.machine, id, record.key,
                                        slot.variant->plan.workload, slot.variant->name + "/" + id);
    instance.variant = slot.variant->name;
    writes.push_back(workshop_.instances.InsertWrite(instance));
  }
  return writes.empty() ? Status::Ok() : workshop_.records.Commit(writes);
}

Status EndpointController::StartInstance(const metastore::Key& key, const EndpointState& state,
                                         const std::string& id) {
  const Slot slot = FindSlot(state, id);
  if (slot.variant == nullptr) return Status::Ok();
  const HostingPlan& plan = slot.variant->plan;
  const RuntimeStatus library = LookAtLibrary(plan);
  if (library.state != RuntimeStatus::State::kReady) return Status::Ok();
  const RuntimeFolders folders{.runtime = {}, .library = library.folder, .python = {}};
  StartRequest request{.id = id,
                       .host_name = "model",
                       .image = plan.workload.image,
                       .mounts = HostingMounts(folders, workshop_.programs),
                       .memory_bytes = ReservedMemory(workshop_.machine, plan.workload),
                       .work_order = {}};
  request.work_order = [&](const std::string& token, std::uint64_t watched) {
    return HostingWorkOrder(plan, id, token, watched);
  };
  const Status started = workshop_.runner.Start(request);
  if (started.ok() || started.code() == Code::kAlreadyExists) return started;
  // Its library has just been cleaned away: the next pass finds that, and has it made again.
  if (started.code() == Code::kUnavailable) return started;
  // Told as if the instance had said so itself: the state machine then fails or replaces it.
  RETURN_IF_ERROR(workshop_.instances.AddReport(id, {.number = kServersOwnReport,
                                                     .at = workshop_.clock.Now(),
                                                     .phase = "Failed",
                                                     .message = {},
                                                     .failure = started.message(),
                                                     .exit_code = 0}));
  return started.WithContext("endpoint " + key.name);
}

void EndpointController::Publish(const metastore::Key& key, const EndpointState& state) {
  if (!state.serving) return routes_.withdraw(KeyText(key));
  std::vector<RouteVariant> variants;
  for (const auto& variant : state.serving->variants) {
    RouteVariant route{.name = variant.name, .weight = variant.weight, .instances = {}};
    for (const auto& instance : variant.instances)
      if (instance.ready) route.instances.push_back(instance.id);
    variants.push_back(std::move(route));
  }
  routes_.publish(KeyText(key), std::move(variants));
}

Status EndpointController::Shutdown() {
  // Endpoints stay on record: the next start brings them up again with new instances.
  ASSIGN_OR_RETURN(const auto all, workshop_.instances.All());
  Status first;
  for (const auto& instance : *all) {
    if (instance.owner.kind != kEndpointKind) continue;
    if (const Status killed = workshop_.runner.Kill(instance.id); first.ok()) first = killed;
  }
  return first;
}

}  // namespace sagebrush::orchestrator
