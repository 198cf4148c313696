// SPDX-License-Identifier: Apache-2.0
#include "services/sts/actions.h"

#include "base/strings.h"

namespace sagebrush::services::sts {

bool IsArn(std::string_view text) {
  const auto parts = Split(text, ':');
  return parts.size() >= 6 && parts[0] == "arn" && !parts[1].empty() && !parts[2].empty() &&
         !parts[5].empty();
}

AccessRule Anybody() {
  return [](const RequestContext&, const Json&) { return std::vector<iam::Access>(); };
}

AccessRule AllowAssumeRole() {
  return [](const RequestContext&, const Json& input) {
    // Nothing to be permitted: the handler refuses it.
    if (!IsArn(input.GetString("RoleArn"))) return std::vector<iam::Access>();
    iam::Access access{
        .action = "sts:AssumeRole", .resource = input.GetString("RoleArn"), .context = {}};
    access.context["sts:RoleSessionName"] = input.GetString("RoleSessionName");
    if (input.Has("ExternalId")) access.context["sts:ExternalId"] = input.GetString("ExternalId");
    return std::vector<iam::Access>{std::move(access)};
  };
}

}  // namespace sagebrush::services::sts
