// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/role.h"

#include "iam/decision.h"
#include "services/sagemaker/resource.h"

namespace sagebrush::services::sagemaker {

std::optional<aws::Error> RefuseRole(iam::Roles& roles, const std::string& role_arn) {
  const auto role = roles.GetByArn(role_arn);
  if (role.ok()) {
    const auto trust = iam::ParsePolicy(role->trust_policy);
    if (trust.ok() && iam::Trusts(*trust, "sagemaker.amazonaws.com", "sts:AssumeRole"))
      return std::nullopt;
  }
  return ValidationError("Could not assume role " + role_arn +
                         ". Please ensure that the role exists and allows principal "
                         "'sagemaker.amazonaws.com' to assume the role.");
}

}  // namespace sagebrush::services::sagemaker
