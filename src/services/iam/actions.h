// SPDX-License-Identifier: Apache-2.0
// What each operation of IAM needs to be allowed, on which ARN. A request names a role by name
// alone, its ARN has the path too: so the rule looks the role up, and takes the path "/" for one
// that is not there (the handler then says so). Any thread.
#pragma once

#include "iam/roles.h"
#include "services/service.h"

namespace sagebrush::services::iam_api {

AccessRule OnRole(iam::Roles& roles, std::string action);
AccessRule OnNewRole(std::string action);
AccessRule OnAllRoles(std::string action);  // lists, by path prefix
AccessRule OnPolicy(std::string action);
AccessRule OnNewPolicy(std::string action);
AccessRule OnAllPolicies(std::string action);
AccessRule OnPolicySource(std::string action);

}  // namespace sagebrush::services::iam_api
