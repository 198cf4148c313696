// SPDX-License-Identifier: Apache-2.0
// The role a workload runs as: it must exist and trust SageMaker. (iam:PassRole is the caller's, and stands in actions.cc.)
#pragma once

#include <optional>
#include <string>

#include "aws/error.h"
#include "iam/roles.h"

namespace sagebrush::services::sagemaker {

// Nothing if the role will do, else AWS's refusal.
std::optional<aws::Error> RefuseRole(iam::Roles& roles, const std::string& role_arn);

}  // namespace sagebrush::services::sagemaker
