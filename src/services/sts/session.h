// SPDX-License-Identifier: Apache-2.0
// Sessions: who calls, and credentials of roles. Nothing is stored: a session's token holds all of
// it (iam/identity.h). Any thread may call.
#pragma once

#include "aws/error.h"
#include "base/json.h"
#include "iam/identity.h"
#include "iam/roles.h"
#include "services/context.h"

namespace sagebrush::services::sts {

class Sessions {
 public:
  Sessions(const iam::IdentityFiles& identity, iam::Roles& roles, const Clock& clock)
      : identity_(identity), roles_(roles), clock_(clock) {}

  aws::Outcome<Json> GetCallerIdentity(const RequestContext& context, const Json& input);
  // The trust policy decides here; that the caller may ask for it was decided before (actions.h).
  aws::Outcome<Json> AssumeRole(const RequestContext& context, const Json& input);
  aws::Outcome<Json> GetSessionToken(const RequestContext& context, const Json& input);

 private:
  const iam::IdentityFiles& identity_;
  iam::Roles& roles_;
  const Clock& clock_;
};

}  // namespace sagebrush::services::sts
