// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/training_controller.h"

#include <algorithm>

#include "base/log.h"

namespace sagebrush::orchestrator {

namespace {

constexpr std::size_t kTogether = 100;  // records in one commit

// The record with its next state, to be committed.
metastore::Write UpdateWrite(metastore::Record record, const TrainingState& next, TimePoint now) {
  SetState(&record, next);
  record.modified = now;
  return {.action = metastore::Write::Action::kUpdate, .record = std::move(record)};
}

}  // namespace

TrainingController::TrainingController(const Workshop& workshop)
    : workshop_(workshop), changes_(workshop.records, kTrainingJobKind, kUnfinishedStatuses) {}

RuntimeStatus TrainingController::LookAtRuntime(const std::string& name) {
  const Runtime* runtime = workshop_.catalogue.ByName(name);
  if (runtime == nullptr)
    return {.state = RuntimeStatus::State::kFailed,
            .text = "the runtime '" + name + "' is no longer in the catalogue",
            .folder = {}};
  return workshop_.runtimes.Look(*runtime);
}

Status TrainingController::Reconcile() {
  // Machines are looked at before reports are read (in ReconcileOne), so an instance seen dead has said all it could.
  RETURN_IF_ERROR(TakeChanges());
  ASSIGN_OR_RETURN(const auto all, workshop_.instances.All());
  Pass pass;
  for (const auto& [key, job] : jobs_) {
    const std::string& runtime = job.plan.workload.runtime;
    if (!pass.runtimes.contains(runtime)) pass.runtimes.emplace(runtime, LookAtRuntime(runtime));
  }
  DecideAdmission(*all, &pass);
  for (Job* job : pass.start) Advance(job, /*admitted=*/true, &pass);
  for (auto& [key, job] : jobs_)
    if (std::find(pass.start.begin(), pass.start.end(), &job) == pass.start.end())
      Advance(&job, /*admitted=*/false, &pass);
  KeepTogether(pass.told);
  return LetGoOfFinished(*all);
}

Status TrainingController::TakeChanges() {
  ASSIGN_OR_RETURN(auto changes, changes_.Take());
  for (auto& [key, record] : changes) {
    if (!record) {
      jobs_.erase(key);
      continue;
    }
    TrainingState state = TrainingStateOf(*record);
    TrainingPlan plan = TrainingPlanOf(*record);
    jobs_.insert_or_assign(
        key, Job{.record = std::move(*record), .state = std::move(state), .plan = std::move(plan)});
  }
  return Status::Ok();
}

void TrainingController::DecideAdmission(const std::vector<Instance>& instances, Pass* pass) {
  std::map<std::string, Job*> by_id;
  std::vector<WaitingJob> waiting;
  for (auto& [key, job] : jobs_) {
    const WorkloadPlan& workload = job.plan.workload;
    if (!job.state.instance.empty() ||
        pass->runtimes.at(workload.runtime).state != RuntimeStatus::State::kReady)
      continue;
    const std::string id = key.scope + "/" + key.name;
    by_id.emplace(id, &job);
    waiting.push_back({.id = id,
                       .principal = workload.principal,
                       .created = job.record.created,
                       .memory_bytes = ReservedMemory(workshop_.machine, workload)});
  }
  auto decision = Admit(workshop_.machine, Running(instances), std::move(waiting));
  for (const auto& id : decision.start) pass->start.push_back(by_id.at(id));
  for (auto& refused : decision.wait)
    pass->waits_for.emplace(by_id.at(refused.id), std::move(refused.waits_for));
}

void TrainingController::Advance(Job* job, bool admitted, Pass* pass) {
  const Status status = ReconcileOne(job, admitted, pass);
  if (status.ok()) return;
  changes_.Again(job->record.key);  // what was not kept may have been decided on an old record
  if (status.code() != Code::kFailedPrecondition)
    LogError("training", job->record.key.name + ": " + status.ToString());
}

Status TrainingController::ReconcileOne(Job* job, bool admitted, Pass* pass) {
  const TrainingState& state = job->state;
  const std::string instance = state.instance;
  TrainingObservation seen;
  seen.runtime = pass->runtimes.at(job->plan.workload.runtime);
  if (instance.empty()) {
    seen.admitted = admitted;
    if (const auto it = pass->waits_for.find(job); it != pass->waits_for.end())
      seen.waits_for = it->second;
  } else {
    seen.instance = workshop_.runner.Observe(instance);
    seen.silence = workshop_.runner.SilenceOf(instance);
    // Read again after the look: what the agent said before it went is then certainly here.
    const auto fresh = workshop_.instances.Get(instance);
    if (fresh.ok()) seen.reports = fresh->reports;
  }

  const std::chrono::seconds max_runtime(job->plan.max_runtime_seconds);
  TrainingStep step = Step(state, seen, max_runtime, workshop_.clock.Now());
  if (step.action == TrainingAction::kCreateInstance)
    return CreateInstance(job, std::move(step.next), seen.runtime);
  if (step.next != state) {
    if (instance.empty()) {
      job->state = std::move(step.next);
      pass->told.push_back(job);
      return Status::Ok();
    }
    RETURN_IF_ERROR(Keep(job, std::move(step.next)));
  }
  switch (step.action) {
    case TrainingAction::kStartInstance:
      return StartOrFail(job, seen.runtime);
    case TrainingAction::kStopInstance:
      workshop_.runner.RequestStop(instance, "StopTrainingJob");
      return Status::Ok();
    case TrainingAction::kKillInstance:
      return workshop_.runner.Kill(instance);
    default:
      return Status::Ok();
  }
}

Status TrainingController::Keep(Job* job, TrainingState next) {
  RETURN_IF_ERROR(
      workshop_.records.Commit({UpdateWrite(job->record, next, workshop_.clock.Now())}));
  job->state = std::move(next);  // the record itself is read again: it has changed
  return Status::Ok();
}

// Hundreds of jobs may begin to wait in one pass, and a commit waits for the disk. One that was changed meanwhile is read
// again in the next pass, and must not keep the others.
void TrainingController::KeepTogether(const std::vector<Job*>& jobs) {
  const TimePoint now = workshop_.clock.Now();
  for (std::size_t begin = 0; begin < jobs.size(); begin += kTogether) {
    std::vector<metastore::Write> writes;
    for (std::size_t i = begin; i < std::min(jobs.size(), begin + kTogether); ++i)
      writes.push_back(UpdateWrite(jobs[i]->record, jobs[i]->state, now));
    if (workshop_.records.Commit(writes).ok()) continue;
    for (const auto& write : writes) {
      const Status kept = workshop_.records.Commit({write});
      if (kept.ok()) continue;
      jobs_.at(write.record.key).state = TrainingStateOf(jobs_.at(write.record.key).record);
      changes_.Again(write.record.key);
      if (kept.code() != Code::kFailedPrecondition)
        LogError("training", write.record.key.name + ": " + kept.ToString());
    }
  }
}

// Instances whose job is over, or gone, have nothing left to do.
Status TrainingController::LetGoOfFinished(const std::vector<Instance>& instances) {
  for (const auto& instance : instances) {
    if (instance.owner.kind != kTrainingJobKind) continue;
    const auto known = jobs_.find(instance.owner);
    if (known != jobs_.end() && !known->second.state.is_terminal()) continue;
    const auto owner = workshop_.records.Get(instance.owner);
    if (!owner.ok() && owner.status().code() != Code::kNotFound) return owner.status();
    if (!owner.ok() || TrainingStateOf(*owner).is_terminal()) workshop_.runner.LetGo(instance.id);
  }
  return Status::Ok();
}

Status TrainingController::CreateInstance(Job* job, TrainingState next,
                                          const RuntimeStatus& runtime) {
  next.instance = NewInstanceId();
  const Instance instance = PlannedInstance(workshop_.machine, next.instance, job->record.key,
                                            job->plan.workload, job->plan.log_stream);
  RETURN_IF_ERROR(workshop_.records.Commit({UpdateWrite(job->record, next, workshop_.clock.Now()),
                                            workshop_.instances.InsertWrite(instance)}));
  job->state = std::move(next);
  return StartOrFail(job, runtime);
}

// A machine that cannot start it now will not a moment later either: the user gets to know why.
Status TrainingController::StartOrFail(Job* job, const RuntimeStatus& runtime) {
  const Status started = StartInstance(job->plan, job->state.instance, runtime);
  if (started.ok() || started.code() == Code::kAlreadyExists) return started;
  // Its runtime has just been cleaned away, or all uids or ports are taken: the next pass looks again.
  if (started.code() == Code::kUnavailable) return started;
  LogError("training", job->record.key.name + ": " + started.ToString());
  ASSIGN_OR_RETURN(job->record, workshop_.records.Get(job->record.key));
  return Keep(job, Failed(TrainingStateOf(job->record), "InternalServerError: " + started.message(),
                          workshop_.clock.Now()));
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
  ASSIGN_OR_RETURN(auto records, ListAll(workshop_.records, kTrainingJobKind, kUnfinishedStatuses));
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
