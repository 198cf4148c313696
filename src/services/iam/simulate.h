// SPDX-License-Identifier: Apache-2.0
// SimulatePrincipalPolicy: what a role may do, and which statements say so. Any thread; blocks for the records.
#pragma once

#include "aws/error.h"
#include "base/json.h"
#include "iam/decision.h"
#include "iam/roles.h"

namespace sagebrush::services::iam_api {

aws::Outcome<Json> SimulatePrincipalPolicy(iam::Roles& roles, iam::Authorizer& authorizer,
                                           const Json& input);

}  // namespace sagebrush::services::iam_api
