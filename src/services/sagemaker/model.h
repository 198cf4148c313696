// SPDX-License-Identifier: Apache-2.0
// Model: Create, Describe, List, Delete. A model is a record; nothing runs until an endpoint uses it. Any thread.
#pragma once

#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

class Models {
 public:
  explicit Models(const Dependencies& dependencies) : deps_(dependencies) {}

  aws::Outcome<Json> Create(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Describe(const RequestContext& context, const Json& input);
  aws::Outcome<Json> List(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Delete(const RequestContext& context, const Json& input);

 private:
  const Dependencies deps_;
};

}  // namespace sagebrush::services::sagemaker
