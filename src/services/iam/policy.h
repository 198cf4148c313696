// SPDX-License-Identifier: Apache-2.0
// IAM's managed policies, the account's own and AWS's. A policy has one version, v1, here. Any
// thread.
#pragma once

#include "services/iam/common.h"

namespace sagebrush::services::iam_api {

aws::Outcome<Json> CreatePolicy(iam::Roles& roles, const RequestContext& context,
                                const Json& input);
aws::Outcome<Json> GetPolicy(iam::Roles& roles, const RequestContext& context, const Json& input);
aws::Outcome<Json> GetPolicyVersion(iam::Roles& roles, const RequestContext& context,
                                    const Json& input);
aws::Outcome<Json> ListPolicies(iam::Roles& roles, const RequestContext& context,
                                const Json& input);
aws::Outcome<Json> ListPolicyVersions(iam::Roles& roles, const RequestContext& context,
                                      const Json& input);
aws::Outcome<Json> DeletePolicy(iam::Roles& roles, const RequestContext& context,
                                const Json& input);

}  // namespace sagebrush::services::iam_api
