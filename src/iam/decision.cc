// SPDX-License-Identifier: Apache-2.0
#include "iam/decision.h"

#include <algorithm>

#include "base/strings.h"
#include "iam/condition.h"
#include "iam/wildcard.h"

namespace sagebrush::iam {

namespace {

constexpr std::size_t kMaxKnownRoles = 1000;

template <typename Test>
bool AnyText(const Json& value, const Test& test) {
  if (value.is_string()) return test(value.AsString());
  if (!value.is_array()) return false;
  return std::ranges::any_of(
      value.AsArray(), [&](const Json& item) { return item.is_string() && test(item.AsString()); });
}

bool ActionApplies(const Json& statement, std::string_view action) {
  const std::string lower = ToLower(action);
  const auto matches = [&](const std::string& pattern) { return Glob(ToLower(pattern), lower); };
  if (const Json* actions = statement.Find("Action")) return AnyText(*actions, matches);
  const Json* others = statement.Find("NotAction");
  return others != nullptr && !AnyText(*others, matches);
}

// IAM User Guide, "Resource": the fields that an ARN leaves out at its end are stars.
std::string Completed(const std::string& pattern) {
  const bool is_short = pattern.starts_with("arn:") && std::ranges::count(pattern, ':') < 5;
  return is_short ? pattern + ":*" : pattern;
}

bool ResourceApplies(const Json& statement, const Access& access) {
  const auto matches = [&](const std::string& pattern) {
    return GlobWithVariables(Completed(pattern), access.resource, access.context);
  };
  if (const Json* resources = statement.Find("Resource")) return AnyText(*resources, matches);
  const Json* others = statement.Find("NotResource");
  return others != nullptr && !AnyText(*others, matches);
}

bool ConditionApplies(const Json& statement, const Context& context, const Lists& lists = {}) {
  const Json* conditions = statement.Find("Condition");
  return conditions == nullptr || ConditionsHold(*conditions, context, lists);
}

// Calls `visit` for each statement, whether the document holds one or a list.
template <typename Visit>
void ForEachStatement(const Json& policy, const Visit& visit) {
  const Json* statements = policy.Find("Statement");
  if (statements == nullptr) return;
  if (statements->is_object()) return visit(*statements);
  if (!statements->is_array()) return;
  for (const Json& statement : statements->AsArray()) visit(statement);
}

std::string_view AccountOf(std::string_view arn) {
  const auto parts = Split(arn, ':');
  return parts.size() >= 6 ? parts[4] : std::string_view();
}

// The role's name in arn:aws:sts::A:assumed-role/Role/Session and in arn:aws:iam::A:role/path/Role.
std::string_view RoleNameOf(std::string_view arn) {
  const auto parts = Split(arn, '/');
  if (parts.size() >= 3 && parts[0].ends_with(":assumed-role")) return parts[1];
  if (parts.size() >= 2 && parts[0].ends_with(":role")) return parts.back();
  return {};
}

// Role names are unique in their account whatever the path, so a session is its role's by account
// and name.
bool AwsPrincipalMatches(std::string_view named, std::string_view principal) {
  if (named == "*" || named == principal) return true;
  const std::string_view account = AccountOf(principal);
  if (account.empty()) return false;
  if (named == account || named == "arn:aws:iam::" + std::string(account) + ":root") return true;
  return named.starts_with("arn:aws:iam::") && AccountOf(named) == account &&
         !RoleNameOf(named).empty() && RoleNameOf(named) == RoleNameOf(principal);
}

bool PrincipalApplies(const Json& statement, std::string_view principal) {
  const Json* named = statement.Find("Principal");
  if (named == nullptr) return false;
  if (named->is_string()) return named->AsString() == "*";
  const bool is_arn = principal.starts_with("arn:");
  if (const Json* aws = named->Find("AWS"))
    if (is_arn && AnyText(*aws, [&](const std::string& name) {
          return AwsPrincipalMatches(name, principal);
        }))
      return true;
  const Json* services = named->Find("Service");
  return services != nullptr && !is_arn &&
         AnyText(*services, [&](const std::string& name) { return name == principal; });
}

// Keys and variables both: "aws:ResourceTag/team", "${aws:ResourceTag/team}".
bool SpeakOfResourceTags(const std::vector<Json>& policies) {
  return std::ranges::any_of(policies, [](const Json& policy) {
    return ToLower(policy.Dump()).find("resourcetag/") != std::string::npos;
  });
}

// As aws:ResourceTag/… and by the name of the action's own service.
Status AddResourceTags(Access* access) {
  if (access->resource_tags == nullptr) return Status::Ok();
  ASSIGN_OR_RETURN(const auto tags, access->resource_tags());
  const std::string service = access->action.substr(0, access->action.find(':'));
  for (const auto& [key, value] : tags)
    for (const auto& prefix : {std::string("aws"), service})
      access->context[prefix + ":ResourceTag/" + key] = value;
  return Status::Ok();
}

Status Damaged(std::string_view what, const Status& status) {
  return Internal("the stored policy of " + std::string(what) +
                  " cannot be read: " + status.message());
}

}  // namespace

Effect Evaluate(const std::vector<Json>& policies, const Access& access) {
  Effect effect = Effect::kImplicitDeny;
  for (const Json& policy : policies) {
    ForEachStatement(policy, [&](const Json& statement) {
      if (effect == Effect::kExplicitDeny) return;
      if (!ActionApplies(statement, access.action) || !ResourceApplies(statement, access) ||
          !ConditionApplies(statement, access.context, access.lists))
        return;
      effect = statement.GetString("Effect") == "Allow" ? Effect::kAllowed : Effect::kExplicitDeny;
    });
  }
  return effect;
}

bool Trusts(const Json& trust_policy, std::string_view principal, std::string_view action,
            const Context& context) {
  bool is_allowed = false;
  bool is_denied = false;
  ForEachStatement(trust_policy, [&](const Json& statement) {
    if (!PrincipalApplies(statement, principal) || !ActionApplies(statement, action) ||
        !ConditionApplies(statement, context))
      return;
    (statement.GetString("Effect") == "Allow" ? is_allowed : is_denied) = true;
  });
  return is_allowed && !is_denied;
}

Result<std::vector<Json>> Authorizer::PoliciesOf(const Role& role) {
  std::vector<Json> policies;
  for (const auto& [name, text] : role.inline_policies) {
    auto policy = ParsePolicy(text);
    if (!policy.ok()) return Damaged("role " + role.name + ", '" + name + "',", policy.status());
    policies.push_back(std::move(policy).value());
  }
  for (const std::string& arn : role.attached_policies) {
    const auto managed = roles_.GetPolicy(arn);
    if (!managed.ok()) return managed.status();
    auto policy = ParsePolicy(managed->document);
    if (!policy.ok()) return Damaged(arn, policy.status());
    policies.push_back(std::move(policy).value());
  }
  return policies;
}

Result<Effect> Authorizer::DecideForRole(const Role& role, const Access& access) {
  ASSIGN_OR_RETURN(const auto policies, PoliciesOf(role));
  return Evaluate(policies, access);
}

Result<std::shared_ptr<const Authorizer::KnownRole>> Authorizer::Know(const std::string& account,
                                                                      const std::string& name) {
  const std::string key = account + "/" + name;
  // Fetched before the role is read: a change that comes meanwhile makes what is kept stale, never wrong.
  const std::uint64_t changes = roles_.changes();
  {
    const std::lock_guard lock(mutex_);
    if (known_at_ != changes || known_.size() >= kMaxKnownRoles) known_.clear();
    known_at_ = changes;
    if (const auto it = known_.find(key); it != known_.end()) return it->second;
  }
  KnownRole read;
  ASSIGN_OR_RETURN(read.role, roles_.Get(account, name));
  ASSIGN_OR_RETURN(read.policies, PoliciesOf(read.role));
  read.speaks_of_resource_tags = SpeakOfResourceTags(read.policies);
  auto known = std::make_shared<const KnownRole>(std::move(read));
  const std::lock_guard lock(mutex_);
  if (known_at_ == changes) known_[key] = known;
  return known;
}

Result<Effect> Authorizer::Decide(const Principal& principal, const Access& asked) {
  Access access = asked;
  access.context.insert({{"aws:PrincipalArn", principal.arn},
                         {"aws:PrincipalAccount", principal.account},
                         {"aws:userid", principal.user_id},
                         {"aws:PrincipalType",
                          principal.kind == Principal::Kind::kRoot ? "Account" : "AssumedRole"}});

  // Nothing belongs to one account and lets another in: there are no resource policies.
  const std::string_view owner = AccountOf(access.resource);
  if (!owner.empty() && owner != principal.account && owner != "aws" && owner != "*")
    return Effect::kImplicitDeny;

  Effect effect = Effect::kAllowed;
  if (principal.kind == Principal::Kind::kRoleSession) {
    const auto found = Know(principal.account, principal.role_name);
    if (found.status().code() == Code::kNotFound) return Effect::kImplicitDeny;
    if (!found.ok()) return found.status();
    const Role& role = (*found)->role;
    // A session outlives neither its role nor a new role of the same name.
    if (!principal.user_id.starts_with(role.id + ":")) return Effect::kImplicitDeny;
    access.context["aws:PrincipalArn"] = role.arn();
    for (const auto& [key, value] : role.tags) access.context["aws:PrincipalTag/" + key] = value;
    const bool is_narrowed =
        !principal.session_policies.empty() || !principal.session_policy_arns.empty();
    if ((*found)->speaks_of_resource_tags || is_narrowed) RETURN_IF_ERROR(AddResourceTags(&access));
    effect = Evaluate((*found)->policies, access);
  } else if (principal.kind != Principal::Kind::kRoot) {
    return Effect::kImplicitDeny;  // no policies can be given to others yet
  }
  if (effect != Effect::kAllowed ||
      (principal.session_policies.empty() && principal.session_policy_arns.empty()))
    return effect;

  Role narrowing;  // evaluated like a role that has the session's policies
  narrowing.name = principal.arn;
  for (std::size_t i = 0; i < principal.session_policies.size(); ++i)
    narrowing.inline_policies["session policy " + std::to_string(i)] =
        principal.session_policies[i];
  narrowing.attached_policies = principal.session_policy_arns;
  return DecideForRole(narrowing, access);
}

}  // namespace sagebrush::iam
