// SPDX-License-Identifier: Apache-2.0
#include "services/iam/simulate.h"

#include <algorithm>

#include "services/iam/common.h"
#include "services/iam/statement_position.h"

namespace sagebrush::services::iam_api {

namespace {

// A policy's text, and what the answer calls it.
struct Source {
  std::string id, document;
};

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

Result<std::vector<Source>> SourcesOf(iam::Roles& roles, const iam::Role& role) {
  std::vector<Source> sources;
  for (const auto& [name, text] : role.inline_policies)
    sources.push_back({"role_" + role.name + "_" + name, text});
  for (const std::string& arn : role.attached_policies) {
    ASSIGN_OR_RETURN(const iam::ManagedPolicy policy, roles.GetPolicy(arn));
    sources.push_back({policy.name, policy.document});
  }
  return sources;
}

Json ToJson(const Position& position) {
  return Json::Object({{"Line", position.line}, {"Column", position.column}});
}

// The statements that say what was decided; none say it where nothing is allowed.
Result<Json> Matched(const std::vector<Source>& sources, const iam::Access& access,
                     iam::Effect decided) {
  Json out = Json::Array();
  if (decided == iam::Effect::kImplicitDeny) return out;
  for (const auto& [id, document] : sources) {
    ASSIGN_OR_RETURN(const Json policy, iam::ParsePolicy(document));
    const auto positions = StatementPositions(document);
    const auto& statements = policy.Find("Statement")->AsArray();
    for (std::size_t i = 0; i < statements.size() && i < positions.size(); ++i) {
      const Json alone = Json::Object({{"Statement", Json::Array({statements[i]})}});
      if (iam::Evaluate({alone}, access) != decided) continue;
      out.Append(Json::Object({{"SourcePolicyId", id},
                               {"SourcePolicyType", "IAM Policy"},
                               {"StartPosition", ToJson(positions[i].start)},
                               {"EndPosition", ToJson(positions[i].end)}}));
    }
  }
  return out;
}

}  // namespace

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
  ASSIGN_OR_RETURN(std::vector<Source> sources, SourcesOf(roles, role));
  int number = 0;
  for (const std::string& document : Texts(input, "PolicyInputList")) {
    if (auto error = CheckDocument(iam::ParseIdentityPolicy(document))) return *error;
    const std::string id = "PolicyInputList." + std::to_string(++number);
    role.inline_policies[id] = document;
    sources.push_back({id, document});
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
      ASSIGN_OR_RETURN(Json matched, Matched(sources, access, effect));
      Json of_resource = Json::Object({{"EvalResourceName", resource},
                                       {"EvalResourceDecision", DecisionName(effect)},
                                       {"MatchedStatements", matched},
                                       {"MissingContextValues", Json::Array()}});
      result["MatchedStatements"] = std::move(matched);
      result["MissingContextValues"] = Json::Array();
      result["EvalDecisionDetails"] = Json::Object();
      result["ResourceSpecificResults"] = Json::Array({std::move(of_resource)});
      const std::string place = std::to_string(items.size());
      items.emplace_back(std::string(8 - std::min<std::size_t>(8, place.size()), '0') + place,
                         std::move(result));
    }
  }
  return Page(std::move(items), "EvaluationResults", input);
}

}  // namespace sagebrush::services::iam_api
