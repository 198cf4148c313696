// SPDX-License-Identifier: Apache-2.0
// Reading policy documents: the grammar of the IAM User Guide ("Grammar of the IAM JSON policy
// language"), its errors in the words of MalformedPolicyDocument. What passes here is what Evaluate
// and Trusts can honour.
#include <algorithm>
#include <set>

#include "base/strings.h"
#include "iam/condition.h"
#include "iam/decision.h"
#include "iam/policy_resource.h"

namespace sagebrush::iam {

namespace {

constexpr std::string_view kDocumentFields[] = {"Version", "Id", "Statement"};
constexpr std::string_view kStatementFields[] = {"Sid",       "Effect",    "Action",
                                                 "NotAction", "Resource",  "NotResource",
                                                 "Condition", "Principal", "NotPrincipal"};

// Service Authorization Reference, AWS Security Token Service; in small letters.
constexpr std::string_view kStsActions[] = {"assumerole",
                                            "assumerolewithsaml",
                                            "assumerolewithwebidentity",
                                            "assumeroot",
                                            "decodeauthorizationmessage",
                                            "getaccesskeyinfo",
                                            "getcalleridentity",
                                            "getfederationtoken",
                                            "getservicebearertoken",
                                            "getsessiontoken",
                                            "setcontext",
                                            "setsourceidentity",
                                            "tagsession"};

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
Status LegacyParsing() { return InvalidArgument("The policy failed legacy parsing"); }

bool IsVersion(const Json& value) {
  return value.is_string() &&
         (value.AsString() == "2012-10-17" || value.AsString() == "2008-10-17");
}

bool HasTexts(const Json& statement, std::string_view field, std::string_view other) {
  const Json* value = statement.Find(field);
  if (value == nullptr) value = statement.Find(other);
  return value != nullptr && IsTexts(*value);
}

Status CheckAction(const std::string& action) {
  if (action == "*") return Status::Ok();
  const auto parts = Split(action, ':');
  if (parts.size() == 1 || parts[0].empty())
    return InvalidArgument(
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  if (parts.size() > 2) return InvalidArgument("Actions/Condition can contain only one colon.");
  const bool is_vendor = parts[0] == "*" || std::ranges::all_of(parts[0], [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '-' || c == '.';
                         });
  if (!is_vendor) return InvalidArgument("Vendor " + std::string(parts[0]) + " is not valid");
  if (parts[1].empty()) return InvalidArgument("Action " + action + " names no operation.");
  return Status::Ok();
}

Status CheckActions(const Json& statement) {
  for (const char* field : {"Action", "NotAction"})
    if (const Json* value = statement.Find(field))
      for (const std::string& action : Texts(*value)) RETURN_IF_ERROR(CheckAction(action));
  return Status::Ok();
}

// A condition's value, or several: texts, numbers, booleans.
bool IsConditionValue(const Json& value) {
  const auto is_one = [](const Json& v) { return !v.is_object() && !v.is_array() && !v.is_null(); };
  return value.is_array() ? std::ranges::all_of(value.AsArray(), is_one) : is_one(value);
}

// AWS takes a key that names no vendor, and an operator without keys, which then asks for nothing.
Status CheckConditions(const Json& statement) {
  const Json* conditions = statement.Find("Condition");
  if (conditions == nullptr) return Status::Ok();
  if (!conditions->is_object()) return Syntax();
  for (const auto& [op, keys] : conditions->AsObject()) {
    if (!keys.is_object()) return Syntax();
    if (keys.size() > 0 && !IsKnownOperator(op))
      return InvalidArgument("Invalid Condition type : " + op + ".");
    for (const auto& [key, values] : keys.AsObject())
      if (!IsConditionValue(values)) return Syntax();
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
  for (const std::string& action : Texts(*actions)) {
    const std::string lower = ToLower(action);
    if (!lower.starts_with("sts:"))
      return InvalidArgument("AssumeRole policy may only specify STS AssumeRole actions.");
    if (lower.find_first_of("*?") == std::string::npos &&
        std::ranges::find(kStsActions, lower.substr(4)) == std::end(kStsActions))
      return InvalidArgument(
          "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and "
          "sts:AssumeRoleWithWebIdentity");
  }
  return Status::Ok();
}

// A string or a list of strings, which may be empty: whether there are any is asked later.
bool IsTextsOrNone(const Json* value) {
  return value == nullptr || IsTexts(*value) || (value->is_array() && value->size() == 0);
}

// The shape of a statement of an identity policy: whatever is wrong with it, AWS calls it a syntax error.
bool IsStatement(const Json& statement) {
  if (!statement.is_object() || !OnlyHas(statement, kStatementFields)) return false;
  if (statement.Has("Action") && statement.Has("NotAction")) return false;
  if (statement.Has("Resource") && statement.Has("NotResource")) return false;
  for (const char* field : {"Action", "NotAction", "Resource", "NotResource"})
    if (!IsTextsOrNone(statement.Find(field))) return false;
  if (const Json* sid = statement.Find("Sid"); sid != nullptr && !sid->is_string()) return false;
  const std::string effect = ToLower(statement.GetString("Effect"));
  if (effect != "allow" && effect != "deny") return false;
  return CheckConditions(statement).ok();
}

bool IsLegacyStatement(const Json& statement) {
  const std::string effect = statement.GetString("Effect");
  if (effect != "Allow" && effect != "Deny") return false;
  const Json* conditions = statement.Find("Condition");
  if (conditions == nullptr) return true;
  for (const auto& [op, keys] : conditions->AsObject()) {
    if (op.find("Date") == std::string::npos) continue;
    for (const auto& [key, values] : keys.AsObject())
      if (IsTexts(values) && !std::ranges::all_of(Texts(values), [](const std::string& date) {
            return ReadLegacyDate(date).has_value();
          }))
        return false;
  }
  return true;
}

// The fault that is told of a policy's resources, "" if none; an error if the older parser gives up before.
Result<std::string> FaultOfResources(const std::vector<Json>& statements) {
  std::string fault;
  for (const Json& statement : statements)
    for (const char* field : {"Resource", "NotResource"}) {
      const Json* value = statement.Find(field);
      if (value == nullptr) continue;
      const auto resources = Texts(*value);
      for (const std::string& resource : resources)
        if (fault.empty()) fault = ResourceFault(resource);
      const bool passes = std::ranges::all_of(
          resources, [](const std::string& text) { return PassesLegacyParsing(text); });
      if (fault.empty() && !passes) return LegacyParsing();
    }
  return fault;
}

Status CheckSids(const std::vector<Json>& statements) {
  std::set<std::string> sids;
  for (const Json& statement : statements) {
    const std::string sid = statement.GetString("Sid");
    const bool is_lawful = std::ranges::all_of(sid, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    if (!is_lawful)
      return InvalidArgument(
          "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
          "expression [0-9A-Za-z]*");
    if (!sid.empty() && !sids.insert(sid).second)
      return InvalidArgument("Statement IDs (SID) in a single policy must be unique.");
  }
  return Status::Ok();
}

// The order is AWS's: of several faults the same one is told.
Status CheckIdentityStatements(const std::vector<Json>& statements) {
  for (const Json& statement : statements)
    if (statement.Has("Principal") || statement.Has("NotPrincipal"))
      return InvalidArgument("Policy document should not specify a principal.");
  if (!std::ranges::all_of(statements, IsLegacyStatement)) return LegacyParsing();
  ASSIGN_OR_RETURN(const std::string fault, FaultOfResources(statements));
  RETURN_IF_ERROR(CheckSids(statements));
  for (const Json& statement : statements)
    if (!HasTexts(statement, "Action", "NotAction"))
      return InvalidArgument("Policy statement must contain actions.");
  if (!fault.empty()) return InvalidArgument(fault);
  for (const Json& statement : statements) RETURN_IF_ERROR(CheckActions(statement));
  for (const Json& statement : statements)
    if (!HasTexts(statement, "Resource", "NotResource"))
      return InvalidArgument("Policy statement must contain resources.");
  return Status::Ok();
}

Result<Json> ParseIdentity(std::string_view text, bool is_managed) {
  auto document = Json::Parse(text);
  if (!document.ok() || !document->is_object() || !OnlyHas(*document, kDocumentFields))
    return Syntax();
  if (const Json* version = document->Find("Version"); version != nullptr && !IsVersion(*version))
    return Syntax();
  if (const Json* id = document->Find("Id"); id != nullptr && !id->is_string()) return Syntax();
  Json* statements = document->Find("Statement");
  if (statements == nullptr) return Syntax();
  if (statements->is_object()) *statements = Json::Array({*statements});
  if (!statements->is_array() || statements->size() == 0 ||
      !std::ranges::all_of(statements->AsArray(), IsStatement))
    return Syntax();
  if (is_managed && document->GetString("Version") != "2012-10-17")
    return InvalidArgument("Policy document must be version 2012-10-17 or greater.");
  RETURN_IF_ERROR(CheckIdentityStatements(statements->AsArray()));
  return document;
}

enum class PolicyKind { kAny, kTrust };

Result<Json> Parse(std::string_view text, PolicyKind kind) {
  auto document = Json::Parse(text);
  if (!document.ok()) return InvalidArgument("This policy contains invalid Json");
  if (!document->is_object() || !OnlyHas(*document, kDocumentFields)) return Syntax();
  const Json* version = document->Find("Version");
  if (version != nullptr && !IsVersion(*version))
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
    if (statement.Has("Action") && statement.Has("NotAction")) return Syntax();
    if (!HasTexts(statement, "Action", "NotAction"))
      return InvalidArgument("Policy statement must contain actions.");
    if (kind == PolicyKind::kTrust) {
      RETURN_IF_ERROR(CheckActions(statement));
      if (statement.Has("Resource") || statement.Has("NotResource"))
        return InvalidArgument("Has prohibited field Resource");
      RETURN_IF_ERROR(CheckPrincipal(statement));
      RETURN_IF_ERROR(CheckTrustActions(statement));
    }
    RETURN_IF_ERROR(CheckConditions(statement));
  }
  return document;
}

}  // namespace

Result<Json> ParsePolicy(std::string_view text) { return Parse(text, PolicyKind::kAny); }
Result<Json> ParseIdentityPolicy(std::string_view text) { return ParseIdentity(text, false); }
Result<Json> ParseManagedPolicy(std::string_view text) { return ParseIdentity(text, true); }
Result<Json> ParseTrustPolicy(std::string_view text) { return Parse(text, PolicyKind::kTrust); }

}  // namespace sagebrush::iam
