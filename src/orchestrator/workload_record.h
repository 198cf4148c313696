// SPDX-License-Identifier: Apache-2.0
// How the records of training jobs and endpoints hold plan and state: the one place that knows those members of their
// documents. (What else is in a document, the request, its ARN, its tags, is the service's.) Pure functions.
#pragma once

#include "metastore/record_store.h"
#include "orchestrator/endpoint.h"
#include "orchestrator/plan.h"
#include "orchestrator/training_job.h"

namespace sagebrush::orchestrator {

inline constexpr char kTrainingJobKind[] = "training-job";
inline constexpr char kEndpointKind[] = "endpoint";

TrainingPlan TrainingPlanOf(const metastore::Record& record);
void SetPlan(metastore::Record* record, const TrainingPlan& plan);

TrainingState TrainingStateOf(const metastore::Record& record);
EndpointState EndpointStateOf(const metastore::Record& record);
// The status column goes with the state.
void SetState(metastore::Record* record, const TrainingState& state);
void SetState(metastore::Record* record, const EndpointState& state);

}  // namespace sagebrush::orchestrator
