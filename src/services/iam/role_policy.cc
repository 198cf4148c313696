// SPDX-License-Identifier: Apache-2.0
#include "services/iam/role_policy.h"

#include <algorithm>

#include "iam/decision.h"

namespace sagebrush::services::iam_api {

namespace {

constexpr std::size_t kMaxInlineBytes = 10'240;  // IAM's quotas
constexpr std::size_t kMaxAttached = 20;

}  // namespace

aws::Outcome<Json> PutRolePolicy(iam::Roles& roles, const RequestContext& context,
                                 const Json& input) {
  const std::string document = input.GetString("PolicyDocument");
  return ChangeRole(roles, context, input, [&](iam::Role& role) -> std::optional<aws::Error> {
    if (auto error = CheckDocument(iam::ParseIdentityPolicy(document))) return error;
    role.inline_policies[input.GetString("PolicyName")] = document;
    std::size_t bytes = 0;
    for (const auto& [name, text] : role.inline_policies) bytes += CountedBytes(text);
    if (bytes > kMaxInlineBytes)
      return LimitExceeded("Maximum policy size of 10240 bytes exceeded for role " + role.name);
    return std::nullopt;
  });
}

aws::Outcome<Json> GetRolePolicy(iam::Roles& roles, const RequestContext& context,
                                 const Json& input) {
  ASSIGN_OR_RETURN(const iam::Role role, FindRole(roles, context, input));
  const std::string name = input.GetString("PolicyName");
  const auto found = role.inline_policies.find(name);
  if (found == role.inline_policies.end())
    return NoSuchEntity("The role policy with name " + name + " cannot be found.");
  return Json::Object({{"RoleName", role.name},
                       {"PolicyName", name},
                       {"PolicyDocument", EncodedDocument(found->second)}});
}

aws::Outcome<Json> DeleteRolePolicy(iam::Roles& roles, const RequestContext& context,
                                    const Json& input) {
  const std::string name = input.GetString("PolicyName");
  return ChangeRole(roles, context, input, [&](iam::Role& role) -> std::optional<aws::Error> {
    if (role.inline_policies.erase(name) == 0)
      return NoSuchEntity("The role policy with name " + name + " cannot be found.");
    return std::nullopt;
  });
}

aws::Outcome<Json> ListRolePolicies(iam::Roles& roles, const RequestContext& context,
                                    const Json& input) {
  ASSIGN_OR_RETURN(const iam::Role role, FindRole(roles, context, input));
  std::vector<std::pair<std::string, Json>> items;
  for (const auto& [name, text] : role.inline_policies) items.emplace_back(name, name);
  return Page(std::move(items), "PolicyNames", input);
}

aws::Outcome<Json> AttachRolePolicy(iam::Roles& roles, const RequestContext& context,
                                    const Json& input) {
  const std::string arn = input.GetString("PolicyArn");
  if (auto error = CheckPolicyArn(arn)) return *error;
  const auto policy = roles.GetPolicy(arn);
  if (policy.status().code() == Code::kNotFound ||
      (policy.ok() && policy->account != "aws" && policy->account != context.account))
    return NoSuchEntity("Policy " + arn + " does not exist or is not attachable.");
  if (!policy.ok()) return policy.status();
  return ChangeRole(roles, context, input, [&](iam::Role& role) -> std::optional<aws::Error> {
    if (std::ranges::find(role.attached_policies, arn) != role.attached_policies.end())
      return std::nullopt;  // AWS says yes again
    if (role.attached_policies.size() >= kMaxAttached)
      return LimitExceeded("Cannot exceed quota for PoliciesPerRole: " +
                           std::to_string(kMaxAttached));
    role.attached_policies.push_back(arn);
    return std::nullopt;
  });
}

aws::Outcome<Json> DetachRolePolicy(iam::Roles& roles, const RequestContext& context,
                                    const Json& input) {
  const std::string arn = input.GetString("PolicyArn");
  if (auto error = CheckPolicyArn(arn)) return *error;
  return ChangeRole(roles, context, input, [&](iam::Role& role) -> std::optional<aws::Error> {
    if (std::erase(role.attached_policies, arn) == 0)
      return NoSuchEntity("Policy " + arn + " was not found.");
    return std::nullopt;
  });
}

aws::Outcome<Json> ListAttachedRolePolicies(iam::Roles& roles, const RequestContext& context,
                                            const Json& input) {
  ASSIGN_OR_RETURN(const iam::Role role, FindRole(roles, context, input));
  const std::string prefix = input.GetString("PathPrefix", "/");
  std::vector<std::pair<std::string, Json>> items;
  for (const std::string& arn : role.attached_policies) {
    const std::size_t path = arn.find('/');
    if (path == std::string::npos || !std::string_view(arn).substr(path).starts_with(prefix))
      continue;
    items.emplace_back(
        arn, Json::Object({{"PolicyName", arn.substr(arn.rfind('/') + 1)}, {"PolicyArn", arn}}));
  }
  std::ranges::sort(items, {}, [](const auto& item) { return item.first; });
  return Page(std::move(items), "AttachedPolicies", input);
}

aws::Outcome<Json> ListInstanceProfilesForRole(iam::Roles& roles, const RequestContext& context,
                                               const Json& input) {
  ASSIGN_OR_RETURN(const iam::Role role, FindRole(roles, context, input));
  return Page({}, "InstanceProfiles", input);
}

}  // namespace sagebrush::services::iam_api
