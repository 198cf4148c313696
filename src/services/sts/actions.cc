// SPDX-License-Identifier: Apache-2.0
#include "services/sts/actions.h"

namespace sagebrush::services::sts {

AccessRule Anybody() {
  return [](const RequestContext&, const Json&) { return std::vector<iam::Access>(); };
}

AccessRule AllowAssumeRole() {
  return [](const RequestContext&, const Json& input) {
    iam::Access access{
        .action = "sts:AssumeRole", .resource = input.GetString("RoleArn"), .context = {}};
    access.context["sts:RoleSessionName"] = input.GetString("RoleSessionName");
    if (input.Has("ExternalId")) access.context["sts:ExternalId"] = input.GetString("ExternalId");
    return std::vector<iam::Access>{std::move(access)};
  };
}

}  // namespace sagebrush::services::sts
