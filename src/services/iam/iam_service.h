// SPDX-License-Identifier: Apache-2.0
// Identity and Access Management as the request chain sees it: roles and policies. Borrows what it
// is given. Any thread.
#pragma once

#include <memory>

#include "iam/decision.h"
#include "iam/roles.h"
#include "services/service.h"

namespace sagebrush::services {

std::unique_ptr<Service> MakeIamService(iam::Roles& roles, iam::Authorizer& authorizer);

}  // namespace sagebrush::services
