// SPDX-License-Identifier: Apache-2.0
// SageMaker's control plane as a Service: which operations have handlers, and what each needs to be allowed (actions.cc).
#pragma once

#include <memory>

#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

std::unique_ptr<Service> MakeSageMakerService(const Dependencies& dependencies);

// actions.cc: the IAM action and resources of an operation. Source: Service Authorization Reference, "Actions, resources, and
// condition keys for Amazon SageMaker".
AccessRule AccessRuleFor(std::string_view operation, metastore::RecordStore& records);

}  // namespace sagebrush::services::sagemaker
