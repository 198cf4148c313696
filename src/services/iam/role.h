// SPDX-License-Identifier: Apache-2.0
// IAM's roles: who may be assumed, by whom, for how long; their tags. Any thread.
#pragma once

#include "services/iam/common.h"

namespace sagebrush::services::iam_api {

aws::Outcome<Json> CreateRole(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> GetRole(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> ListRoles(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> UpdateRole(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> UpdateAssumeRolePolicy(iam::Roles& roles, const RequestContext& context,
                                          const Json& input);
aws::Outcome<Json> DeleteRole(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> TagRole(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> UntagRole(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> ListRoleTags(iam::Roles& roles, const RequestContext& context,
                                const Json& input);

}  // namespace sagebrush::services::iam_api
