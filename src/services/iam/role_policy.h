// SPDX-License-Identifier: Apache-2.0
// What a role may do: its inline policies and its attached policies. Any thread.
#pragma once

#include "services/iam/common.h"

namespace sagebrush::services::iam_api {

aws::Outcome<Json> PutRolePolicy(iam::Roles& roles, const RequestContext& context,
                                 const Json& input);
aws::Outcome<Json> GetRolePolicy(iam::Roles& roles, const RequestContext& context,
                                 const Json& input);
aws::Outcome<Json> DeleteRolePolicy(iam::Roles& roles, const RequestContext& context,
                                    const Json& input);
aws::Outcome<Json> ListRolePolicies(iam::Roles& roles, const RequestContext& context,
                                    const Json& input);
aws::Outcome<Json> AttachRolePolicy(iam::Roles& roles, const RequestContext& context,
                                    const Json& input);
aws::Outcome<Json> DetachRolePolicy(iam::Roles& roles, const RequestContext& context,
                                    const Json& input);
aws::Outcome<Json> ListAttachedRolePolicies(iam::Roles& roles, const RequestContext& context,
                                            const Json& input);
// No instance profiles exist here; tools that delete a role ask for them first.
aws::Outcome<Json> ListInstanceProfilesForRole(iam::Roles& roles, const RequestContext& context,
                                               const Json& input);

}  // namespace sagebrush::services::iam_api
