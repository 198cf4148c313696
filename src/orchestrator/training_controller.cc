// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/training_controller.h"

#include <algorithm>

#include "base/log.h"

namespace sagebrush::orchestrator {

namespace {

// The record with its next state, to be committed.
metastore::Write UpdateWrite(metastore::Record record, const TrainingState& next, TimePoint now) {
  SetState(&record, next);
  record.modified = now;
  return {.action = metastore::Write::Action::kUpdate, .record = std::move(record)};
}

}  // namespace

RuntimeStatus TrainingController::LookAtRuntime(const TrainingPlan& plan) {
  const Runtime* runtime = workshop_.catalogue.ByName(plan.workload.runtime);
  if (runtime == nullptr)
    return {.state = RuntimeStatus::State::kFailed,
            .text = "the runtime '" + plan.workload.runtime + "' is no longer in the catalogue",
            .folder = {}};
  return workshop_.runtimes.Look(*runtime);
}

Status TrainingController::Reconcile() {
  // Machines are looked at before reports are read (in ReconcileOne), so an instance seen dead has said all it could.
  ASSIGN_OR_RETURN(auto records,
                   ListAll(workshop_.records, kTrainingJobKind, {"InProgress", "Stopping"}));
  ASSIGN_OR_RETURN(const auto all, workshop_.instances.All());

  std::vector<WaitingJob> waiting;
  for (const auto& record : records) {
    if (!TrainingStateOf(record).instance.empty()) continue;
    const TrainingPlan& plan = TrainingPlanOf(record);
    if (LookAtRuntime(plan).state == RuntimeStatus::State::kReady)
      waiting.push_back({.id = record.key.scope + "/" + record.key.name,
                         .principal = plan.workload.principal,
                         .created = record.created,
                         .memory_bytes = ReservedMemory(workshop_.machine, plan.workload)});
  }
  const auto admission = Admit(workshop_.machine, Running(*all), std::move(waiting));
  for (auto& record : records) {
    const std::string name = record.key.name;
    const Status status = ReconcileOne(std::move(record), admission);
    if (!status.ok() && status.code() != Code::kFailedPrecondition)
      LogError("training", name + ": " + status.ToString());
  }

  // Instances whose job is over, or gone, have nothing left to do.
  for (const auto& instance : *all) {
    if (instance.owner.kind != kTrainingJobKind) continue;
    const auto owner = workshop_.records.Get(instance.owner);
    if (!owner.ok() && owner.status().code() != Code::kNotFound) return owner.status();
    if (!owner.ok() || TrainingStateOf(*owner).is_terminal()) workshop_.runner.LetGo(instance.id);
  }
  return Status::Ok();
}

Status TrainingController::ReconcileOne(metastore::Record record,
                                        const AdmissionDecision& admission) {
  const TrainingState state = TrainingStateOf(record);
  const TrainingPlan plan = TrainingPlanOf(record);
  const std::string id = record.key.scope + "/" + record.key.name;
  TrainingObservation seen;
  seen.runtime = LookAtRuntime(plan);
  if (state.instance.empty()) {
    seen.admitted =
        std::find(admission.start.begin(), admission.start.end(), id) != admission.start.end();
    for (const auto& refused : admission.wait)
      if (refused.id == id) seen.waits_for = refused.waits_for;
  } else {
    seen.instance = workshop_.runner.Observe(state.instance);
    seen.silence = workshop_.runner.SilenceOf(state.instance);
    // Read again after the look: what the agent said before it went is then certainly here.
    const auto fresh = workshop_.instances.Get(state.instance);
    if (fresh.ok()) seen.reports = fresh->reports;
  }

  const TimePoint now = workshop_.clock.Now();
  const std::chrono::seconds max_runtime(plan.max_runtime_seconds);
  TrainingStep step = Step(state, seen, max_runtime, now);
  if (step.action == TrainingAction::kCreateInstance)
    return CreateInstance(std::move(record), std::move(step.next), seen.runtime);
  if (step.next.ToJson() != state.ToJson())
    RETURN_IF_ERROR(workshop_.records.Commit({UpdateWrite(record, step.next, now)}));
  switch (step.action) {
    case TrainingAction::kStartInstance:
      return StartOrFail(record.key, plan, state.instance, seen.runtime);
    case TrainingAction::kStopInstance:
      workshop_.runner.RequestStop(state.instance, "StopTrainingJob");
      return Status::Ok();
    case TrainingAction::kKillInstance:
      return workshop_.runner.Kill(state.instance);
    default:
      return Status::Ok();
  }
}

Status TrainingController::CreateInstance(metastore::Record record, TrainingState next,
                                          const RuntimeStatus& runtime) {
  const TrainingPlan plan = TrainingPlanOf(record);
  next.instance = NewInstanceId();
  const Instance instance =
      PlannedInstance(workshop_.machine, next.instance, record.key, plan.workload, plan.log_stream);
  RETURN_IF_ERROR(workshop_.records.Commit({UpdateWrite(record, next, workshop_.clock.Now()),
                                            workshop_.instances.InsertWrite(instance)}));
  return StartOrFail(record.key, plan, next.instance, runtime);
}

// A machine that cannot start it now will not a moment later either: the user gets to know why.
Status TrainingController::StartOrFail(const metastore::Key& key, const TrainingPlan& plan,
                                       const std::string& id, const RuntimeStatus& runtime) {
  const Status started = StartInstance(plan, id, runtime);
  if (started.ok() || started.code() == Code::kAlreadyExists) return started;
  // Its runtime has just been cleaned away: the next pass finds that, and has it made again.
  if (started.code() == Code::kUnavailable) return started;
  LogError("training", key.name + ": " + started.ToString());
  ASSIGN_OR_RETURN(metastore::Record record, workshop_.records.Get(key));
  const TimePoint now = workshop_.clock.Now();
  const TrainingState next =
      Failed(TrainingStateOf(record), "InternalServerError: " + started.message(), now);
  return workshop_.records.Commit({UpdateWrite(std::move(record), next, now)});
}

Status TrainingController::StartInstance(const TrainingPlan& plan, const std::string& id,
                                         const RuntimeStatus& runtime) {
  if (runtime.state != RuntimeStatus::State::kReady)
    return Status::Ok();  // the loop comes back when it is
  const Runtime* entry = workshop_.catalogue.ByName(plan.workload.runtime);
  const RuntimeFolders folders{.runtime = runtime.folder,
                               .library = {},
                               .python = entry->python,
                               .recipe = RecipeOf(runtime.folder)};
  StartRequest request{.id = id,
                       .host_name = plan.workload.current_host,
                       .image = plan.workload.image,
                       .mounts = TrainingMounts(folders, workshop_.programs),
                       .memory_bytes = ReservedMemory(workshop_.machine, plan.workload),
                       .work_order = {}};
  request.work_order = [&](const std::string& token, std::uint64_t watched) {
    Json order = TrainingWorkOrder(plan, id, token, folders, watched);
    order["machine_environment"] = workshop_.machine_environment;
    return order;
  };
  return workshop_.runner.Start(request);
}

Status TrainingController::Shutdown() {
  ASSIGN_OR_RETURN(auto records,
                   ListAll(workshop_.records, kTrainingJobKind, {"InProgress", "Stopping"}));
  Status first;  // one that does not die keeps its state, and the others end all the same
  for (auto& record : records) {
    const TrainingState state = TrainingStateOf(record);
    Status ended = state.instance.empty() ? Status::Ok() : workshop_.runner.Kill(state.instance);
    const TimePoint now = workshop_.clock.Now();
    const TrainingState next = Failed(
        state, "InternalServerError: the server was stopped together with its workloads", now);
    if (ended.ok()) ended = workshop_.records.Commit({UpdateWrite(std::move(record), next, now)});
    if (first.ok()) first = ended;
  }
  return first;
}

}  // namespace sagebrush::orchestrator
