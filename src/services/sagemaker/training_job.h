// SPDX-License-Identifier: Apache-2.0
// TrainingJob: Create, Describe, List, Stop. Handlers record and nudge; the reconcile loop does the work. Any thread.
#pragma once

#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

class TrainingJobs {
 public:
  explicit TrainingJobs(const Dependencies& dependencies) : deps_(dependencies) {}

  aws::Outcome<Json> Create(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Describe(const RequestContext& context, const Json& input);
  aws::Outcome<Json> List(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Stop(const RequestContext& context, const Json& input);

 private:
  const Dependencies deps_;
};

}  // namespace sagebrush::services::sagemaker
