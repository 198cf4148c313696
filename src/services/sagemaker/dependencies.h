// SPDX-License-Identifier: Apache-2.0
// What SageMaker's handlers work with; borrowed, outliving them.
#pragma once

#include <functional>

#include "iam/roles.h"
#include "metastore/record_store.h"
#include "objectstore/object_store.h"
#include "orchestrator/catalogue.h"
#include "services/sagemaker_metrics/job_metrics.h"

namespace sagebrush::services::sagemaker {

struct Dependencies {
  metastore::RecordStore& records;
  iam::Roles& roles;
  objectstore::ObjectStore& objects;
  const orchestrator::Catalogue& catalogue;
  sagemaker_metrics::JobMetrics& metrics;
  std::function<void()> nudge;  // the reconcile loop
};

}  // namespace sagebrush::services::sagemaker
