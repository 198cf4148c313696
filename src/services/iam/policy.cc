// SPDX-License-Identifier: Apache-2.0
#include "services/iam/policy.h"

#include <algorithm>

#include "iam/aws_managed_policies.h"
#include "iam/decision.h"

namespace sagebrush::services::iam_api {

namespace {

constexpr std::size_t kMaxPolicyBytes = 6144;  // IAM's quota

std::int64_t Attachments(const std::vector<iam::Role>& roles, const std::string& arn) {
  return std::ranges::count_if(roles, [&](const iam::Role& role) {
    return std::ranges::find(role.attached_policies, arn) != role.attached_policies.end();
  });
}

Json Summary(const iam::ManagedPolicy& policy, std::int64_t attachments) {
  Json out = Json::Object();
  out["PolicyName"] = policy.name;
  out["PolicyId"] = policy.id;
  out["Arn"] = policy.arn();
  out["Path"] = policy.path;
  out["DefaultVersionId"] = "v1";
  out["AttachmentCount"] = attachments;
  out["PermissionsBoundaryUsageCount"] = 0;
  out["IsAttachable"] = true;
  out["CreateDate"] = ToEpochSeconds(policy.created);
  out["UpdateDate"] = ToEpochSeconds(policy.created);
  return out;
}

Json Version(const iam::ManagedPolicy& policy) {
  Json out = Json::Object();
  out["VersionId"] = "v1";
  out["IsDefaultVersion"] = true;
  out["CreateDate"] = ToEpochSeconds(policy.created);
  return out;
}

aws::Outcome<iam::ManagedPolicy> FindPolicy(iam::Roles& roles, const RequestContext& context,
                                            const Json& input) {
  const std::string arn = input.GetString("PolicyArn");
  if (auto error = CheckPolicyArn(arn)) return *error;
  auto policy = roles.GetPolicy(arn);
  if (policy.status().code() == Code::kNotFound ||
      (policy.ok() && policy->account != "aws" && policy->account != context.account))
    return NoSuchEntity("Policy " + arn + " was not found.");
  if (!policy.ok()) return policy.status();
  return std::move(policy).value();
}

}  // namespace

aws::Outcome<Json> CreatePolicy(iam::Roles& roles, const RequestContext& context,
                                const Json& input) {
  iam::ManagedPolicy policy;
  policy.account = context.account;
  policy.name = input.GetString("PolicyName");
  policy.path = input.GetString("Path", "/");
  policy.description = input.GetString("Description");
  policy.document = input.GetString("PolicyDocument");
  if (auto error = AddTags(input.Find("Tags"), &policy.tags)) return *error;
  if (CountedBytes(policy.document) > kMaxPolicyBytes)
    return LimitExceeded("Cannot exceed quota for PolicySize: 6144");
  if (auto error = CheckDocument(iam::ParseManagedPolicy(policy.document))) return *error;

  const Status created = roles.CreatePolicy(policy);
  if (created.code() == Code::kAlreadyExists)
    return aws::Error{
        "EntityAlreadyExists",
        "A policy called " + policy.name + " already exists. Duplicate names are not allowed."};
  RETURN_IF_ERROR(created);
  ASSIGN_OR_RETURN(const iam::ManagedPolicy stored, roles.GetPolicy(policy.arn()));
  Json out = Summary(stored, 0);
  if (!stored.tags.empty()) out["Tags"] = ToTagList(stored.tags);
  return Json::Object({{"Policy", std::move(out)}});
}

aws::Outcome<Json> GetPolicy(iam::Roles& roles, const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const iam::ManagedPolicy policy, FindPolicy(roles, context, input));
  ASSIGN_OR_RETURN(const auto all, roles.List(context.account, "/"));
  Json out = Summary(policy, Attachments(all, policy.arn()));
  if (!policy.description.empty()) out["Description"] = policy.description;
  out["Tags"] = ToTagList(policy.tags);  // though there be none (recorded from AWS)
  return Json::Object({{"Policy", std::move(out)}});
}

aws::Outcome<Json> GetPolicyVersion(iam::Roles& roles, const RequestContext& context,
                                    const Json& input) {
  ASSIGN_OR_RETURN(const iam::ManagedPolicy policy, FindPolicy(roles, context, input));
  const std::string id = input.GetString("VersionId");
  if (id != "v1")
    return NoSuchEntity("Policy " + policy.arn() + " version " + id +
                        " does not exist or is not attachable.");
  Json version = Version(policy);
  version["Document"] = EncodedDocument(policy.document);
  return Json::Object({{"PolicyVersion", std::move(version)}});
}

aws::Outcome<Json> ListPolicies(iam::Roles& roles, const RequestContext& context,
                                const Json& input) {
  const std::string scope = input.GetString("Scope", "All");
  const std::string prefix = input.GetString("PathPrefix", "/");
  const bool only_attached = input.GetBool("OnlyAttached");
  std::vector<iam::ManagedPolicy> policies;
  if (scope != "Local") policies = iam::AwsManagedPolicies();
  if (scope != "AWS") {
    ASSIGN_OR_RETURN(const auto own, roles.ListPolicies(context.account));
    policies.insert(policies.end(), own.begin(), own.end());
  }
  ASSIGN_OR_RETURN(const auto all, roles.List(context.account, "/"));
  std::vector<std::pair<std::string, Json>> items;
  for (const iam::ManagedPolicy& policy : policies) {
    const std::int64_t attachments = Attachments(all, policy.arn());
    if (!policy.path.starts_with(prefix) || (only_attached && attachments == 0)) continue;
    items.emplace_back(policy.arn(), Summary(policy, attachments));
  }
  std::ranges::sort(items, {}, [](const auto& item) { return item.first; });
  return Page(std::move(items), "Policies", input);
}

aws::Outcome<Json> ListPolicyVersions(iam::Roles& roles, const RequestContext& context,
                                      const Json& input) {
  ASSIGN_OR_RETURN(const iam::ManagedPolicy policy, FindPolicy(roles, context, input));
  return Page({{"v1", Version(policy)}}, "Versions", input);
}

aws::Outcome<Json> DeletePolicy(iam::Roles& roles, const RequestContext& context,
                                const Json& input) {
  ASSIGN_OR_RETURN(const iam::ManagedPolicy policy, FindPolicy(roles, context, input));
  if (policy.account == "aws")
    return aws::Error{"AccessDenied",
                      "User: " + context.principal.arn +
                          " is not authorized to perform: iam:DeletePolicy on resource: policy " +
                          policy.arn()};
  ASSIGN_OR_RETURN(const auto all, roles.List(context.account, "/"));
  if (Attachments(all, policy.arn()) > 0)
    return aws::Error{"DeleteConflict", "Cannot delete a policy attached to entities."};
  RETURN_IF_ERROR(roles.DeletePolicy(policy.arn()));
  return Json::Object();
}

}  // namespace sagebrush::services::iam_api
