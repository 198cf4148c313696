// SPDX-License-Identifier: Apache-2.0
// Training jobs (kind "training-job"; document: request, plan, state). See training_job.h for what moves them. Unfinished jobs
// are kept in memory between passes, so that a job that waits costs next to nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "orchestrator/changed_records.h"
#include "orchestrator/controller.h"
#include "orchestrator/training_job.h"

namespace sagebrush::orchestrator {

class TrainingController final : public Controller {
 public:
  explicit TrainingController(const Workshop& workshop);
  Status Reconcile() override;
  Status Shutdown() override;

 private:
  struct Job {
    metastore::Record record;
    TrainingState state;  // once it has been brought further: newer than the record
    TrainingPlan plan;
  };
  // What one pass has found out before it takes up the jobs.
  struct Pass {
    std::map<std::string, RuntimeStatus> runtimes;  // one look for all, so that none overtakes
    std::vector<Job*> start;                        // in the order of admission
    std::map<const Job*, std::string> waits_for;
    std::vector<Job*> told;  // have a new state that asks for nothing: written together
  };

  Status TakeChanges();
  void DecideAdmission(const std::vector<Instance>& instances, Pass* pass);
  void Advance(Job* job, bool admitted, Pass* pass);
  Status ReconcileOne(Job* job, bool admitted, Pass* pass);
  Status Keep(Job* job, TrainingState next);
  void KeepTogether(const std::vector<Job*>& jobs);
  Status LetGoOfFinished(const std::vector<Instance>& instances);
  Status CreateInstance(Job* job, TrainingState next, const RuntimeStatus& runtime);
  Status StartOrFail(Job* job, const RuntimeStatus& runtime);
  Status StartInstance(const TrainingPlan& plan, const std::string& id,
                       const RuntimeStatus& runtime);
  RuntimeStatus LookAtRuntime(const std::string& name);

  const Workshop workshop_;
  ChangedRecords changes_;
  std::map<metastore::Key, Job> jobs_;  // the unfinished ones, as of the last pass
};

}  // namespace sagebrush::orchestrator
