// SPDX-License-Identifier: Apache-2.0
#include "iam/roles.h"

#include "base/log.h"
#include "base/strings.h"
#include "iam/aws_managed_policies.h"

namespace sagebrush::iam {

namespace {

using metastore::Filter;
using metastore::Key;
using metastore::ListOptions;
using metastore::Record;

constexpr std::string_view kRoleKind = "iam-role";
constexpr std::string_view kPolicyKind = "iam-policy";

Key RoleKey(std::string_view account, std::string_view name) {
  return {std::string(kRoleKind), std::string(account), std::string(name)};
}
Key PolicyKey(std::string_view account, std::string_view name) {
  return {std::string(kPolicyKind), std::string(account), std::string(name)};
}

Json ToJson(const std::map<std::string, std::string>& texts) {
  Json out = Json::Object();
  for (const auto& [name, text] : texts) out[name] = text;
  return out;
}

std::map<std::string, std::string> ToMap(const Json* json) {
  std::map<std::string, std::string> out;
  if (json == nullptr || !json->is_object()) return out;
  for (const auto& [name, text] : json->AsObject())
    if (text.is_string()) out[name] = text.AsString();
  return out;
}

Record ToRecord(const Role& role, TimePoint now) {
  Record record;
  record.key = RoleKey(role.account, role.name);
  record.version = role.version;
  record.created = role.created;
  record.modified = now;
  Json& document = record.document = Json::Object();
  document["path"] = role.path;
  document["id"] = role.id;
  document["trustPolicy"] = role.trust_policy;
  document["description"] = role.description;
  document["maxSessionSeconds"] = role.max_session_seconds;
  document["inlinePolicies"] = ToJson(role.inline_policies);
  document["attachedPolicies"] = Json::Array();
  for (const std::string& arn : role.attached_policies) document["attachedPolicies"].Append(arn);
  document["tags"] = ToJson(role.tags);
  return record;
}

Role ToRole(const Record& record) {
  const Json& document = record.document;
  Role role;
  role.name = record.key.name;
  role.account = record.key.scope;
  role.version = record.version;
  role.created = record.created;
  role.path = document.GetString("path", "/");
  role.id = document.GetString("id");
  role.trust_policy = document.GetString("trustPolicy");
  role.description = document.GetString("description");
  role.max_session_seconds = document.GetInt("maxSessionSeconds", 3600);
  role.inline_policies = ToMap(document.Find("inlinePolicies"));
  role.tags = ToMap(document.Find("tags"));
  if (const Json* attached = document.Find("attachedPolicies");
      attached != nullptr && attached->is_array())
    for (const Json& arn : attached->AsArray())
      if (arn.is_string()) role.attached_policies.push_back(arn.AsString());
  return role;
}

ManagedPolicy ToPolicy(const Record& record) {
  ManagedPolicy policy;
  policy.name = record.key.name;
  policy.account = record.key.scope;
  policy.created = record.created;
  policy.path = record.document.GetString("path", "/");
  policy.id = record.document.GetString("id");
  policy.description = record.document.GetString("description");
  policy.document = record.document.GetString("document");
  policy.tags = ToMap(record.document.Find("tags"));
  return policy;
}

// arn:aws:iam::ACCOUNT:KIND/path/NAME taken apart; `path` with both its slashes.
struct ParsedArn {
  std::string account, path, name;
};
std::optional<ParsedArn> ParseArn(std::string_view arn, std::string_view kind) {
  const auto parts = Split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "iam" || !parts[3].empty())
    return std::nullopt;
  const std::string_view resource = parts[5];
  if (!resource.starts_with(std::string(kind) + "/")) return std::nullopt;
  const std::string_view rest = resource.substr(kind.size());  // "/path/NAME"
  const std::size_t slash = rest.rfind('/');
  if (slash + 1 == rest.size()) return std::nullopt;
  return ParsedArn{std::string(parts[4]), std::string(rest.substr(0, slash + 1)),
                   std::string(rest.substr(slash + 1))};
}

// All records of that kind and account; there are few, and pages are made by the caller.
Result<std::vector<Record>> All(metastore::RecordStore& records, std::string_view kind,
                                std::string_view account) {
  Filter filter;
  filter.kind = kind;
  filter.scope = std::string(account);
  ListOptions options;
  options.limit = 1000;
  std::vector<Record> out;
  do {
    ASSIGN_OR_RETURN(metastore::Page page, records.List(filter, options));
    for (Record& record : page.records) out.push_back(std::move(record));
    options.page_token = page.next_token;
  } while (!options.page_token.empty());
  return out;
}

}  // namespace

Status Roles::EnsureExecutionRole(const AccountInfo& account) {
  const auto found = Get(account.account, account.execution_role_name);
  if (found.ok()) return Status::Ok();
  if (found.status().code() != Code::kNotFound) return found.status();
  Role role;
  role.name = account.execution_role_name;
  role.path = "/service-role/";
  role.id = account.execution_role_id;
  role.account = account.account;
  role.description = "SageMaker execution role created at the first start";
  role.trust_policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
  role.inline_policies["AllowEverything"] =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  const Status created = Create(std::move(role));
  if (created.code() != Code::kAlreadyExists) return created;
  // Another start was quicker; or its owner has given the name to a role in other letters, which is his choice.
  if (!Get(account.account, account.execution_role_name).ok())
    LogWarning("iam", "there is no role " + account.execution_role_name +
                          ", the one that jobs are given by default, and one whose name differs "
                          "in case alone stands in its way: delete that one, or name a role");
  return Status::Ok();
}

Result<Role> Roles::Get(std::string_view account, std::string_view name) {
  ASSIGN_OR_RETURN(const Record record, records_.Get(RoleKey(account, name)));
  return ToRole(record);
}

Result<Role> Roles::GetByArn(std::string_view arn) {
  const auto parsed = ParseArn(arn, "role");
  if (!parsed) return NotFound("'" + std::string(arn) + "' is not the ARN of a role");
  ASSIGN_OR_RETURN(Role role, Get(parsed->account, parsed->name));
  if (role.arn() != arn) return NotFound("no role has the ARN " + std::string(arn));
  return role;
}

Status Roles::Create(Role role) {
  if (role.id.empty()) role.id = NewUniqueId("AROA");
  const TimePoint now = clock_.Now();
  if (role.created == TimePoint{}) role.created = now;
  return records_.Insert(ToRecord(role, now));
}

Status Roles::Update(const Role& role) { return records_.Update(ToRecord(role, clock_.Now())); }

Status Roles::Delete(std::string_view account, std::string_view name) {
  return records_.Delete(RoleKey(account, name));
}

Result<std::vector<Role>> Roles::List(std::string_view account, std::string_view path_prefix) {
  ASSIGN_OR_RETURN(const auto records, All(records_, kRoleKind, account));
  std::vector<Role> out;
  for (const Record& record : records) {
    Role role = ToRole(record);
    if (role.path.starts_with(path_prefix)) out.push_back(std::move(role));
  }
  return out;
}

Result<ManagedPolicy> Roles::GetPolicy(std::string_view arn) {
  if (auto known = FindAwsManagedPolicy(arn)) return *std::move(known);
  const Status missing =
      NotFound("Policy " + std::string(arn) + " does not exist or is not attachable.");
  const auto parsed = ParseArn(arn, "policy");
  if (!parsed) return missing;
  const auto record = records_.Get(PolicyKey(parsed->account, parsed->name));
  if (record.status().code() == Code::kNotFound) return missing;
  if (!record.ok()) return record.status();
  ManagedPolicy policy = ToPolicy(*record);
  if (policy.arn() != arn) return missing;
  return policy;
}

Status Roles::CreatePolicy(ManagedPolicy policy) {
  Record record;
  record.key = PolicyKey(policy.account, policy.name);
  record.created = policy.created == TimePoint{} ? clock_.Now() : policy.created;
  record.modified = record.created;
  record.document = Json::Object();
  record.document["path"] = policy.path;
  record.document["id"] = policy.id.empty() ? NewUniqueId("ANPA") : policy.id;
  record.document["description"] = policy.description;
  record.document["document"] = policy.document;
  record.document["tags"] = ToJson(policy.tags);
  return records_.Insert(std::move(record));
}

Status Roles::DeletePolicy(std::string_view arn) {
  ASSIGN_OR_RETURN(const ManagedPolicy policy, GetPolicy(arn));
  if (policy.account == "aws") return PermissionDenied("a policy of AWS's own cannot be deleted");
  return records_.Delete(PolicyKey(policy.account, policy.name));
}

std::uint64_t Roles::changes() const {
  return records_.watch().ChangesOf(kRoleKind) + records_.watch().ChangesOf(kPolicyKind);
}

Result<std::vector<ManagedPolicy>> Roles::ListPolicies(std::string_view account) {
  ASSIGN_OR_RETURN(const auto records, All(records_, kPolicyKind, account));
  std::vector<ManagedPolicy> out;
  for (const Record& record : records) out.push_back(ToPolicy(record));
  return out;
}

}  // namespace sagebrush::iam
