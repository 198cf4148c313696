// SPDX-License-Identifier: Apache-2.0
#include "services/iam/role_policy.h"

#include <algorithm>

namespace sagebrush::services::iam_api {

namespace {

constexpr std::size_t kMaxInlineBytes = 10'240;  // IAM's quotas
constexpr std::size_t kMaxAttached = 20;

std::string_view DecisionName(iam::Effect effect) {
  switch (effect) {
    case iam::Effect::kAllowed:
      return "allowed";
    case iam::Effect::kExplicitDeny:
      return "explicitDeny";
    case iam::Effect::kImplicitDeny:
      break;
  }
  return "implicitDeny";
}

std::vector<std::string> Texts(const Json& input, std::string_view name) {
  std::vector<std::string> out;
  if (const Json* list = input.Find(name); list != nullptr && list->is_array())
    for (const Json& item : list->AsArray())
      if (item.is_string()) out.push_back(item.AsString());
  return out;
}

// "s3:GetObject": a service's prefix and a name in it.
bool IsActionName(std::string_view action) {
  const std::size_t colon = action.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < action.size() &&
         action.find(':', colon + 1) == std::string_view::npos;
}

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

aws::Outcome<Json> SimulatePrincipalPolicy(iam::Roles& roles, iam::Authorizer& authorizer,
                                           const Json& input) {
  for (const char* name : {"ResourcePolicy", "CallerArn", "PermissionsBoundaryPolicyInputList"})
    if (input.Has(name))
      return InvalidInput(
          std::string(name) +
          " of SimulatePrincipalPolicy is not supported by this server; leave it out.");
  const std::string source = input.GetString("PolicySourceArn");
  const auto found = roles.GetByArn(source);
  if (found.status().code() == Code::kNotFound)
    return NoSuchEntity("The role with name " + source.substr(source.rfind('/') + 1) +
                        " cannot be found.");
  if (!found.ok()) return found.status();

  iam::Role role = *found;
  for (const std::string& document : Texts(input, "PolicyInputList")) {
    if (auto error = CheckDocument(iam::ParseIdentityPolicy(document))) return *error;
    role.inline_policies["simulated " + std::to_string(role.inline_policies.size())] = document;
  }
  iam::Access access;
  access.context["aws:PrincipalArn"] = source;
  access.context["aws:PrincipalAccount"] = role.account;
  if (const Json* entries = input.Find("ContextEntries");
      entries != nullptr && entries->is_array()) {
    for (const Json& entry : entries->AsArray()) {
      const auto values = Texts(entry, "ContextKeyValues");
      if (!values.empty()) access.context[entry.GetString("ContextKeyName")] = values.front();
    }
  }

  const std::vector<std::string> actions = Texts(input, "ActionNames");
  for (const std::string& action : actions)
    if (!IsActionName(action))
      return InvalidInput("Invalid action: " + action +
                          ". Actions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  auto resources = Texts(input, "ResourceArns");
  if (resources.empty()) resources.push_back("*");
  std::vector<std::pair<std::string, Json>> items;
  for (const std::string& action : actions) {
    for (const std::string& resource : resources) {
      access.action = action;
      access.resource = resource;
      ASSIGN_OR_RETURN(const iam::Effect effect, authorizer.DecideForRole(role, access));
      Json result = Json::Object();
      result["EvalActionName"] = action;
      result["EvalResourceName"] = resource;
      result["EvalDecision"] = DecisionName(effect);
      result["MatchedStatements"] = Json::Array();
      result["MissingContextValues"] = Json::Array();
      std::string number = std::to_string(items.size());
      items.emplace_back(std::string(8 - std::min<std::size_t>(8, number.size()), '0') + number,
                         std::move(result));
    }
  }
  return Page(std::move(items), "EvaluationResults", input);
}

}  // namespace sagebrush::services::iam_api
