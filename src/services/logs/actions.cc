// SPDX-License-Identifier: Apache-2.0
#include "services/logs/actions.h"

#include "services/logs/common.h"

namespace sagebrush::services::logs {

namespace {

std::string Group(const RequestContext& context, const Json& input) {
  if (input.Has("logGroupName")) return input.GetString("logGroupName");
  return NameInIdentifier(context, input.GetString("logGroupIdentifier"));
}

}  // namespace

AccessRule AllowOnGroup(std::string action) {
  return Allow(std::move(action), [](const RequestContext& context, const Json& input) {
    return StreamArn(context, Group(context, input), "");
  });
}

AccessRule AllowOnStream(std::string action) {
  return Allow(std::move(action), [](const RequestContext& context, const Json& input) {
    return StreamArn(context, Group(context, input), input.GetString("logStreamName"));
  });
}

AccessRule AllowOnGroupPrefix(std::string action) {
  return Allow(std::move(action), [](const RequestContext& context, const Json& input) {
    return StreamArn(context, input.GetString("logGroupNamePrefix"), "");
  });
}

}  // namespace sagebrush::services::logs
