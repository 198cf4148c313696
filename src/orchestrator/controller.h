// SPDX-License-Identifier: Apache-2.0
// What the reconcile loop turns: each controller brings the records of its kind one step further and does what that step says.
// Called by the loop's thread alone, or by a test's.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "metastore/record_store.h"
#include "orchestrator/admission.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/instance_runner.h"
#include "orchestrator/instances.h"
#include "orchestrator/runtime_maker.h"
#include "orchestrator/work_order.h"
#include "orchestrator/workload_record.h"

namespace sagebrush::orchestrator {

// Everything controllers work with; borrowed, and outliving them.
struct Workshop {
  metastore::RecordStore& records;
  Instances& instances;
  InstanceRunner& runner;
  const Catalogue& catalogue;
  RuntimeMaker& runtimes;
  const Clock& clock;
  Machine machine;
  ProgramPaths programs;
  Json machine_environment =
      Json::Object();  // variables that a job gets of this machine, unless it sets them itself
};

class Controller {
 public:
  virtual ~Controller() = default;
  // One pass over all records of its kind. Failures of one record are logged and do not hold up the others.
  virtual Status Reconcile() = 0;
  // Ends all work of its kind for good, as Ctrl-C and `sagebrush down` want it.
  virtual Status Shutdown() = 0;
};

// All records of a kind with one of these statuses (any, if empty), whatever their scope.
Result<std::vector<metastore::Record>> ListAll(metastore::RecordStore& records,
                                               const std::string& kind,
                                               std::vector<std::string> statuses);
std::string NewInstanceId();
// What an instance of this plan reserves.
std::uint64_t ReservedMemory(const Machine& machine, const WorkloadPlan& plan);
// The record of an instance that is to run this plan for its owner.
Instance PlannedInstance(const Machine& machine, const std::string& id, const metastore::Key& owner,
                         const WorkloadPlan& plan, const std::string& log_stream);
// What is reserved now, for admission.
std::vector<RunningInstance> Running(const std::vector<Instance>& instances);

}  // namespace sagebrush::orchestrator
