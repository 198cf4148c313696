// SPDX-License-Identifier: Apache-2.0
// Reading policy documents: the grammar of the IAM User Guide ("Grammar of the IAM JSON policy
// language"), its errors in the words of MalformedPolicyDocument. What passes here is what Evaluate
// and Trusts can honour.
#include <algorithm>

#include "base/strings.h"
#include "iam/condition.h"
#include "iam/decision.h"

namespace sagebrush::iam {

namespace {

constexpr std::string_view kDocumentFields[] = {"Version", "Id", "Statement"};
constexpr std::string_view kStatementFields[] = {"Sid",       "Effect",    "Action",
                                                 "NotAction", "Resource",  "NotResource",
                                                 "Condition", "Principal", "NotPrincipal"};

template <std::size_t N>
bool OnlyHas(const Json& object, const std::string_view (&fields)[N]) {
  return std::ranges::all_of(object.AsObject(), [&](const Json::Member& member) {
    return std::ranges::find(fields, member.first) != std::end(fields);
  });
}

// A string or a list of strings, and not none.
bool IsTexts(const Json& value) {
  if (value.is_string()) return true;
  return value.is_array() && value.size() > 0 &&
         std::ranges::all_of(value.AsArray(), [](const Json& item) { return item.is_string(); });
}

std::vector<std::string> Texts(const Json& value) {
  if (value.is_string()) return {value.AsString()};
  std::vector<std::string> out;
  for (const Json& item : value.AsArray()) out.push_back(item.AsString());
  return out;
}

Status Syntax() { return InvalidArgument("Syntax errors in policy."); }

Status CheckActions(const Json& statement) {
  const Json* actions = statement.Find("Action");
  const Json* others = statement.Find("NotAction");
  if ((actions == nullptr) == (others == nullptr))
    return actions ? Syntax() : InvalidArgument("Policy statement must contain actions.");
  const Json& value = actions ? *actions : *others;
  if (!IsTexts(value)) return InvalidArgument("Policy statement must contain actions.");
  for (const std::string& action : Texts(value)) {
    if (action == "*") continue;
    const std::size_t colon = action.find(':');
    if (colon == std::string::npos || colon == 0)
      return InvalidArgument(
          "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    if (colon + 1 == action.size())
      return InvalidArgument("Action " + action + " names no operation.");
  }
  return Status::Ok();
}

Status CheckResources(const Json& statement) {
  const Json* resources = statement.Find("Resource");
  const Json* others = statement.Find("NotResource");
  if ((resources == nullptr) == (others == nullptr))
    return resources ? Syntax() : InvalidArgument("Policy statement must contain resources.");
  const Json& value = resources ? *resources : *others;
  if (!IsTexts(value)) return InvalidArgument("Policy statement must contain resources.");
  for (const std::string& resource : Texts(value)) {
    if (resource == "*") continue;
    if (!resource.starts_with("arn:") || Split(resource, ':').size() < 6)
      return InvalidArgument("Resource " + resource + " must be in ARN format or \"*\".");
  }
  return Status::Ok();
}

Status CheckConditions(const Json& statement) {
  const Json* conditions = statement.Find("Condition");
  if (conditions == nullptr) return Status::Ok();
  if (!conditions->is_object()) return Syntax();
  for (const auto& [op, keys] : conditions->AsObject()) {
    if (!IsKnownOperator(op)) return InvalidArgument("Invalid Condition type : " + op + ".");
    if (!keys.is_object() || keys.size() == 0) return Syntax();
    for (const auto& [key, values] : keys.AsObject()) {
      if (key.find(':') == std::string::npos)
        return InvalidArgument(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
      const bool is_lawful =
          values.is_array()
              ? std::ranges::none_of(
                    values.AsArray(),
                    [](const Json& v) { return v.is_object() || v.is_array() || v.is_null(); })
              : !values.is_object() && !values.is_null();
      if (!is_lawful) return Syntax();
    }
  }
  return Status::Ok();
}

Status CheckPrincipal(const Json& statement) {
  const Json* principal = statement.Find("Principal");
  if (principal == nullptr) return InvalidArgument("Missing required field Principal");
  if (principal->is_string() && principal->AsString() == "*") return Status::Ok();
  if (!principal->is_object() || principal->size() == 0)
    return InvalidArgument("Missing required field Principal cannot be empty!");
  for (const auto& [type, names] : principal->AsObject()) {
    if (type != "AWS" && type != "Service" && type != "Federated") return Syntax();
    if (!IsTexts(names))
      return InvalidArgument("Missing required field Principal cannot be empty!");
    for (const std::string& name : Texts(names)) {
      const bool is_account = name.size() == 12 && ParseUint(name).has_value();
      const bool is_lawful = type != "AWS" || name == "*" || is_account ||
                             name.starts_with("arn:") || name.starts_with("AROA");
      if (!is_lawful || name.empty())
        return InvalidArgument("Invalid principal in policy: \"" + type + "\":\"" + name + "\"");
    }
  }
  return Status::Ok();
}

Status CheckTrustActions(const Json& statement) {
  const Json* actions = statement.Find("Action");
  if (actions == nullptr)
    return InvalidArgument("AssumeRole policy may only specify STS AssumeRole actions.");
  for (const std::string& action : Texts(*actions))
    if (!ToLower(action).starts_with("sts:"))
      return InvalidArgument("AssumeRole policy may only specify STS AssumeRole actions.");
  return Status::Ok();
}

enum class PolicyKind { kAny, kIdentity, kTrust };

Result<Json> Parse(std::string_view text, PolicyKind kind) {
  auto document = Json::Parse(text);
  if (!document.ok()) return InvalidArgument("This policy contains invalid Json");
  if (!document->is_object() || !OnlyHas(*document, kDocumentFields)) return Syntax();
  const Json* version = document->Find("Version");
  if (version != nullptr && !(version->is_string() && (version->AsString() == "2012-10-17" ||
                                                       version->AsString() == "2008-10-17")))
    return InvalidArgument("The policy must contain a valid version string");
  Json* statements = document->Find("Statement");
  if (statements == nullptr) return Syntax();
  if (statements->is_object()) *statements = Json::Array({*statements});
  if (!statements->is_array() || statements->size() == 0) return Syntax();

  for (const Json& statement : statements->AsArray()) {
    if (!statement.is_object() || !OnlyHas(statement, kStatementFields)) return Syntax();
    const std::string effect = statement.GetString("Effect");
    if (effect.empty()) return InvalidArgument("Missing required field Effect");
    if (effect != "Allow" && effect != "Deny") return InvalidArgument("Invalid effect: " + effect);
    if (statement.Has("NotPrincipal")) return InvalidArgument("Has prohibited field NotPrincipal");
    RETURN_IF_ERROR(CheckActions(statement));
    if (kind == PolicyKind::kTrust) {
      if (statement.Has("Resource") || statement.Has("NotResource"))
        return InvalidArgument("Has prohibited field Resource");
      RETURN_IF_ERROR(CheckPrincipal(statement));
      RETURN_IF_ERROR(CheckTrustActions(statement));
    } else if (kind == PolicyKind::kIdentity) {
      if (statement.Has("Principal"))
        return InvalidArgument("Policy document should not specify a principal.");
      RETURN_IF_ERROR(CheckResources(statement));
    }
    RETURN_IF_ERROR(CheckConditions(statement));
  }
  return document;
}

}  // namespace

Result<Json> ParsePolicy(std::string_view text) { return Parse(text, PolicyKind::kAny); }
Result<Json> ParseIdentityPolicy(std::string_view text) {
  return Parse(text, PolicyKind::kIdentity);
}
Result<Json> ParseTrustPolicy(std::string_view text) { return Parse(text, PolicyKind::kTrust); }

}  // namespace sagebrush::iam
