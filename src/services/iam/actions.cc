// SPDX-License-Identifier: Apache-2.0
#include "services/iam/actions.h"

namespace sagebrush::services::iam_api {

namespace {

std::string IamArn(const RequestContext& context, const std::string& resource) {
  return "arn:aws:iam::" + context.account + ":" + resource;
}

}  // namespace

AccessRule OnRole(iam::Roles& roles, std::string action) {
  return [&roles, action = std::move(action)](const RequestContext& context, const Json& input) {
    const std::string name = input.GetString("RoleName");
    const auto role = roles.Get(context.account, name);
    iam::Access access{.action = action,
                       .resource = role.ok() ? role->arn() : IamArn(context, "role/" + name),
                       .context = {}};
    if (input.Has("PolicyArn")) access.context["iam:PolicyARN"] = input.GetString("PolicyArn");
    if (role.ok())
      for (const auto& [key, value] : role->tags) access.context["iam:ResourceTag/" + key] = value;
    return std::vector<iam::Access>{std::move(access)};
  };
}

AccessRule OnNewRole(std::string action) {
  return Allow(std::move(action), [](const RequestContext& context, const Json& input) {
    return IamArn(context, "role" + input.GetString("Path", "/") + input.GetString("RoleName"));
  });
}

AccessRule OnAllRoles(std::string action) {
  return Allow(std::move(action), [](const RequestContext& context, const Json& input) {
    return IamArn(context, "role" + input.GetString("PathPrefix", "/"));
  });
}

AccessRule OnPolicy(std::string action) {
  return Allow(std::move(action), [](const RequestContext&, const Json& input) {
    return input.GetString("PolicyArn");
  });
}

AccessRule OnNewPolicy(std::string action) {
  return Allow(std::move(action), [](const RequestContext& context, const Json& input) {
    return IamArn(context, "policy" + input.GetString("Path", "/") + input.GetString("PolicyName"));
  });
}

AccessRule OnAllPolicies(std::string action) {
  return Allow(std::move(action), [](const RequestContext& context, const Json& input) {
    return IamArn(context, "policy" + input.GetString("PathPrefix", "/"));
  });
}

AccessRule OnPolicySource(std::string action) {
  return Allow(std::move(action), [](const RequestContext&, const Json& input) {
    return input.GetString("PolicySourceArn");
  });
}

}  // namespace sagebrush::services::iam_api
