// SPDX-License-Identifier: Apache-2.0
// Training jobs (kind "training-job"; document: request, plan, state). See training_job.h for what moves them.
#pragma once

#include "orchestrator/controller.h"
#include "orchestrator/training_job.h"

namespace sagebrush::orchestrator {

class TrainingController final : public Controller {
 public:
  explicit TrainingController(const Workshop& workshop) : workshop_(workshop) {}
  Status Reconcile() override;
  Status Shutdown() override;

 private:
  Status ReconcileOne(metastore::Record record, const AdmissionDecision& admission);
  Status CreateInstance(metastore::Record record, TrainingState next, const RuntimeStatus& runtime);
  Status StartOrFail(const metastore::Key& key, const TrainingPlan& plan, const std::string& id,
                     const RuntimeStatus& runtime);
  Status StartInstance(const TrainingPlan& plan, const std::string& id,
                       const RuntimeStatus& runtime);
  RuntimeStatus LookAtRuntime(const TrainingPlan& plan);

  const Workshop workshop_;
};

}  // namespace sagebrush::orchestrator
