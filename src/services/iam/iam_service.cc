// SPDX-License-Identifier: Apache-2.0
#include "services/iam/iam_service.h"

#include "services/iam/actions.h"
#include "services/iam/policy.h"
#include "services/iam/role.h"
#include "services/iam/role_policy.h"
#include "services/iam/simulate.h"

namespace sagebrush::services {

namespace {

class IamService final : public Service {
 public:
  IamService(iam::Roles& roles, iam::Authorizer& authorizer) : roles_(roles) {
    namespace api = iam_api;
    Add("CreateRole", api::CreateRole, api::OnNewRole("iam:CreateRole"));
    Add("ListRoles", api::ListRoles, api::OnAllRoles("iam:ListRoles"));
    AddOnRole("GetRole", api::GetRole);
    AddOnRole("UpdateRole", api::UpdateRole);
    AddOnRole("UpdateAssumeRolePolicy", api::UpdateAssumeRolePolicy);
    AddOnRole("DeleteRole", api::DeleteRole);
    AddOnRole("TagRole", api::TagRole);
    AddOnRole("UntagRole", api::UntagRole);
    AddOnRole("ListRoleTags", api::ListRoleTags);

    AddOnRole("PutRolePolicy", api::PutRolePolicy);
    AddOnRole("GetRolePolicy", api::GetRolePolicy);
    AddOnRole("DeleteRolePolicy", api::DeleteRolePolicy);
    AddOnRole("ListRolePolicies", api::ListRolePolicies);
    AddOnRole("AttachRolePolicy", api::AttachRolePolicy);
    AddOnRole("DetachRolePolicy", api::DetachRolePolicy);
    AddOnRole("ListAttachedRolePolicies", api::ListAttachedRolePolicies);
    AddOnRole("ListInstanceProfilesForRole", api::ListInstanceProfilesForRole);

    Add("CreatePolicy", api::CreatePolicy, api::OnNewPolicy("iam:CreatePolicy"));
    Add("ListPolicies", api::ListPolicies, api::OnAllPolicies("iam:ListPolicies"));
    Add("GetPolicy", api::GetPolicy, api::OnPolicy("iam:GetPolicy"));
    Add("GetPolicyVersion", api::GetPolicyVersion, api::OnPolicy("iam:GetPolicyVersion"));
    Add("ListPolicyVersions", api::ListPolicyVersions, api::OnPolicy("iam:ListPolicyVersions"));
    Add("DeletePolicy", api::DeletePolicy, api::OnPolicy("iam:DeletePolicy"));

    operations_["SimulatePrincipalPolicy"] = {
        .document =
            [&roles, &authorizer](const RequestContext&, const Json& input) {
              return api::SimulatePrincipalPolicy(roles, authorizer, input);
            },
        .stream = nullptr,
        .access = api::OnPolicySource("iam:SimulatePrincipalPolicy")};
  }

  std::string_view name() const override { return "iam"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  using Handler = aws::Outcome<Json> (*)(iam::Roles&, const RequestContext&, const Json&);

  void Add(std::string name, Handler handler, AccessRule rule) {
    operations_[std::move(name)] = {
        .document = [&roles = roles_, handler](
                        const RequestContext& context,
                        const Json& input) { return handler(roles, context, input); },
        .stream = nullptr,
        .access = std::move(rule)};
  }
  void AddOnRole(std::string name, Handler handler) {
    Add(name, handler, iam_api::OnRole(roles_, "iam:" + name));
  }

  iam::Roles& roles_;
  std::map<std::string, Operation, std::less<>> operations_;
};

}  // namespace

std::unique_ptr<Service> MakeIamService(iam::Roles& roles, iam::Authorizer& authorizer) {
  return std::make_unique<IamService>(roles, authorizer);
}

}  // namespace sagebrush::services
