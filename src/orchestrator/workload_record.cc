// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/workload_record.h"

namespace sagebrush::orchestrator {

namespace {

constexpr char kPlan[] = "plan";
constexpr char kState[] = "state";

const Json& Member(const metastore::Record& record, const char* name) {
  static const Json kNone;
  const Json* member = record.document.Find(name);
  return member != nullptr ? *member : kNone;
}

template <typename State>
void Keep(metastore::Record* record, const State& state) {
  record->status = state.status;
  record->document[kState] = state.ToJson();
}

}  // namespace

TrainingPlan TrainingPlanOf(const metastore::Record& record) {
  return TrainingPlan::FromJson(Member(record, kPlan));
}
void SetPlan(metastore::Record* record, const TrainingPlan& plan) {
  record->document[kPlan] = plan.ToJson();
}

TrainingState TrainingStateOf(const metastore::Record& record) {
  return TrainingState::FromJson(Member(record, kState));
}
EndpointState EndpointStateOf(const metastore::Record& record) {
  return EndpointState::FromJson(Member(record, kState));
}
void SetState(metastore::Record* record, const TrainingState& state) { Keep(record, state); }
void SetState(metastore::Record* record, const EndpointState& state) { Keep(record, state); }

}  // namespace sagebrush::orchestrator
