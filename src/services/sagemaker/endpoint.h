// SPDX-License-Identifier: Apache-2.0
// Endpoint: Create, Describe, List, Update, Delete. Handlers record and nudge; the reconcile loop brings instances up. Any thread.
#pragma once

#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

class Endpoints {
 public:
  explicit Endpoints(const Dependencies& dependencies) : deps_(dependencies) {}

  aws::Outcome<Json> Create(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Describe(const RequestContext& context, const Json& input);
  aws::Outcome<Json> List(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Update(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Delete(const RequestContext& context, const Json& input);

 private:
  const Dependencies deps_;
};

}  // namespace sagebrush::services::sagemaker
