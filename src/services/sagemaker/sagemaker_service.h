// SPDX-License-Identifier: Apache-2.0
// SageMaker's control plane as a Service: which operations have handlers, and what each needs to be allowed (actions.h).
#pragma once

#include <memory>

#include "services/sagemaker/dependencies.h"
#include "services/service.h"

namespace sagebrush::services {

std::unique_ptr<Service> MakeSageMakerService(const sagemaker::Dependencies& dependencies);

}  // namespace sagebrush::services
