// SPDX-License-Identifier: Apache-2.0
// The decision: may this principal do this action on this resource? Pure functions over policy
// documents. Source: IAM User Guide, "Policy evaluation logic": an explicit Deny wins, then an
// Allow, else denied.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/status.h"
#include "iam/identity.h"
#include "iam/roles.h"

namespace sagebrush::iam {

struct Access {
  std::string action;    // "s3:GetObject"
  std::string resource;  // ARN, or "*"
  // Condition keys of one value: "iam:PassedToService", "aws:SourceIp", "s3:prefix".
  std::map<std::string, std::string> context = {};
  // And of several: "aws:TagKeys".
  std::map<std::string, std::vector<std::string>> lists = {};
  // The resource's tags, for aws:ResourceTag/…: asked for only when a policy that counts speaks of them.
  std::function<Result<std::map<std::string, std::string>>()> resource_tags = nullptr;
};

enum class Effect { kAllowed, kExplicitDeny, kImplicitDeny };

// kInvalidArgument with AWS's words (MalformedPolicyDocument's) for a text that is no policy, or
// one that could not be honoured (an operator nobody knows): better refused than kept and not
// obeyed.
Result<Json> ParsePolicy(std::string_view text);  // either kind, such as were accepted before
Result<Json> ParseIdentityPolicy(
    std::string_view text);  // what an identity may do: actions on resources
// Such a one that stands by itself, with a name and an ARN: only of the newer version.
Result<Json> ParseManagedPolicy(std::string_view text);
Result<Json> ParseTrustPolicy(std::string_view text);  // who may assume a role: principals

// Actions and resources with * and ? (actions without regard to case), NotAction, NotResource, and
// the conditions StringEquals/Like (Not…, IfExists), ArnEquals/Like, Bool, Null, NumericX, DateX,
// IpAddress. An unknown operator never matches.
Effect Evaluate(const std::vector<Json>& policies, const Access& access);

// Whether a trust policy lets `principal_arn` (an account's ARN, a role session's, or a service
// such as "sagemaker.amazonaws.com") do `action` ("sts:AssumeRole").
bool Trusts(const Json& trust_policy, std::string_view principal, std::string_view action,
            const std::map<std::string, std::string>& context = {});

// The whole question: root may everything in its account; a session may what its role's policies
// say. Roles are read and their policies parsed once, and again after any role or policy has
// changed: a change counts from the next request on. Any thread may call.
class Authorizer {
 public:
  explicit Authorizer(Roles& roles) : roles_(roles) {}
  Result<Effect> Decide(const Principal& principal, const Access& access);
  // What a role's policies say, whoever asks (SimulatePrincipalPolicy).
  Result<Effect> DecideForRole(const Role& role, const Access& access);

 private:
  struct KnownRole {
    Role role;
    std::vector<Json> policies;
    bool speaks_of_resource_tags = false;
  };
  Result<std::vector<Json>> PoliciesOf(const Role& role);
  Result<std::shared_ptr<const KnownRole>> Know(const std::string& account,
                                                const std::string& name);

  Roles& roles_;
  std::mutex mutex_;            // guards what follows
  std::uint64_t known_at_ = 0;  // roles_.changes() when they were read
  std::map<std::string, std::shared_ptr<const KnownRole>> known_;  // by "account/name"
};

}  // namespace sagebrush::iam
