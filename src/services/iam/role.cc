// SPDX-License-Identifier: Apache-2.0
#include "services/iam/role.h"

#include "iam/decision.h"

namespace sagebrush::services::iam_api {

namespace {

constexpr std::size_t kMaxTrustBytes = 2048;  // IAM's quota "ACLSizePerRole"

// A role as CreateRole shows it (recorded from AWS).
Json New(const iam::Role& role) {
  Json out = Json::Object();
  out["Path"] = role.path;
  out["RoleName"] = role.name;
  out["RoleId"] = role.id;
  out["Arn"] = role.arn();
  out["CreateDate"] = ToEpochSeconds(role.created);
  out["AssumeRolePolicyDocument"] = EncodedDocument(role.trust_policy);
  if (!role.tags.empty()) out["Tags"] = ToTagList(role.tags);
  return out;
}

// As GetRole shows it; ListRoles leaves out tags and last use.
Json Detail(const iam::Role& role) {
  Json out = New(role);
  if (!role.description.empty()) out["Description"] = role.description;
  out["MaxSessionDuration"] = role.max_session_seconds;
  out["RoleLastUsed"] = Json::Object();
  return out;
}

Json Summary(const iam::Role& role) {
  Json out = Detail(role);
  out.Remove("Tags");
  out.Remove("RoleLastUsed");
  return out;
}

std::optional<aws::Error> CheckTrust(const std::string& document) {
  if (CountedBytes(document) > kMaxTrustBytes)
    return LimitExceeded("Cannot exceed quota for ACLSizePerRole: 2048");
  return CheckDocument(iam::ParseTrustPolicy(document));
}

}  // namespace

aws::Outcome<Json> CreateRole(iam::Roles& roles, const RequestContext& context, const Json& input) {
  if (input.Has("PermissionsBoundary"))
    return InvalidInput("Permissions boundaries are not supported by this server; leave it out.");
  iam::Role role;
  role.account = context.account;
  role.name = input.GetString("RoleName");
  role.path = input.GetString("Path", "/");
  role.description = input.GetString("Description");
  role.max_session_seconds = input.GetInt("MaxSessionDuration", 3600);
  role.trust_policy = input.GetString("AssumeRolePolicyDocument");
  if (auto error = CheckTrust(role.trust_policy)) return *error;
  if (auto error = AddTags(input.Find("Tags"), &role.tags)) return *error;

  const Status created = roles.Create(role);
  if (created.code() == Code::kAlreadyExists)
    return aws::Error{"EntityAlreadyExists", "Role with name " + role.name + " already exists."};
  RETURN_IF_ERROR(created);
  ASSIGN_OR_RETURN(const iam::Role stored, FindRole(roles, context, input));
  return Json::Object({{"Role", New(stored)}});
}

aws::Outcome<Json> GetRole(iam::Roles& roles, const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const iam::Role role, FindRole(roles, context, input));
  return Json::Object({{"Role", Detail(role)}});
}

aws::Outcome<Json> ListRoles(iam::Roles& roles, const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto found,
                   roles.List(context.account, input.GetString("PathPrefix", "/")));
  std::vector<std::pair<std::string, Json>> items;
  for (const iam::Role& role : found) items.emplace_back(role.name, Summary(role));
  return Page(std::move(items), "Roles", input);
}

aws::Outcome<Json> UpdateRole(iam::Roles& roles, const RequestContext& context, const Json& input) {
  return ChangeRole(roles, context, input, [&](iam::Role& role) -> std::optional<aws::Error> {
    if (input.Has("Description")) role.description = input.GetString("Description");
    role.max_session_seconds = input.GetInt("MaxSessionDuration", role.max_session_seconds);
    return std::nullopt;
  });
}

aws::Outcome<Json> UpdateAssumeRolePolicy(iam::Roles& roles, const RequestContext& context,
                                          const Json& input) {
  const std::string document = input.GetString("PolicyDocument");
  return ChangeRole(roles, context, input, [&](iam::Role& role) -> std::optional<aws::Error> {
    if (auto error = CheckTrust(document)) return error;
    role.trust_policy = document;
    return std::nullopt;
  });
}

aws::Outcome<Json> DeleteRole(iam::Roles& roles, const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const iam::Role role, FindRole(roles, context, input));
  if (!role.attached_policies.empty())
    return aws::Error{"DeleteConflict", "Cannot delete entity, must detach all policies first."};
  if (!role.inline_policies.empty())
    return aws::Error{"DeleteConflict", "Cannot delete entity, must delete policies first."};
  const Status deleted = roles.Delete(context.account, role.name);
  if (deleted.code() == Code::kNotFound)
    return NoSuchEntity("The role with name " + role.name + " cannot be found.");
  RETURN_IF_ERROR(deleted);
  return Json::Object();
}

aws::Outcome<Json> TagRole(iam::Roles& roles, const RequestContext& context, const Json& input) {
  return ChangeRole(roles, context, input,
                    [&](iam::Role& role) { return AddTags(input.Find("Tags"), &role.tags); });
}

aws::Outcome<Json> UntagRole(iam::Roles& roles, const RequestContext& context, const Json& input) {
  return ChangeRole(roles, context, input, [&](iam::Role& role) -> std::optional<aws::Error> {
    if (const Json* keys = input.Find("TagKeys"); keys != nullptr && keys->is_array())
      for (const Json& key : keys->AsArray())
        if (key.is_string()) EraseTag(key.AsString(), &role.tags);
    return std::nullopt;
  });
}

aws::Outcome<Json> ListRoleTags(iam::Roles& roles, const RequestContext& context,
                                const Json& input) {
  ASSIGN_OR_RETURN(const iam::Role role, FindRole(roles, context, input));
  std::vector<std::pair<std::string, Json>> items;
  for (const auto& [key, value] : role.tags)
    items.emplace_back(key, Json::Object({{"Key", key}, {"Value", value}}));
  return Page(std::move(items), "Tags", input);
}

}  // namespace sagebrush::services::iam_api
