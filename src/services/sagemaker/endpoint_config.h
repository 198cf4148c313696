// SPDX-License-Identifier: Apache-2.0
// EndpointConfig: Create, Describe, List, Delete. A record; endpoints copy what they need of it when they start. Any thread.
#pragma once

#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

class EndpointConfigs {
 public:
  explicit EndpointConfigs(const Dependencies& dependencies) : deps_(dependencies) {}

  aws::Outcome<Json> Create(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Describe(const RequestContext& context, const Json& input);
  aws::Outcome<Json> List(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Delete(const RequestContext& context, const Json& input);

 private:
  const Dependencies deps_;
};

}  // namespace sagebrush::services::sagemaker
