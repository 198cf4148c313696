// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/resource.h"
#include "services/sagemaker/sagemaker_service.h"

namespace sagebrush::services::sagemaker {

namespace {

struct Resource {
  std::string_view suffix;  // of the operation's name
  const char* arn_type;
  const char* name_member;
};

// Longest first: "CreateEndpointConfig" is no endpoint.
constexpr Resource kResources[] = {
    {"EndpointConfig", "endpoint-config", "EndpointConfigName"},
    {"TrainingJob", "training-job", "TrainingJobName"},
    {"Endpoint", "endpoint", "EndpointName"},
    {"Model", "model", "ModelName"},
};

// Passing a role to SageMaker is a right of its own.
void AddPassRole(const Json& input, const char* member, std::vector<iam::Access>* wanted) {
  const std::string role = input.GetString(member);
  if (!role.empty())
    wanted->push_back({.action = "iam:PassRole",
                       .resource = role,
                       .context = {{"iam:PassedToService", "sagemaker.amazonaws.com"}}});
}

}  // namespace

AccessRule AccessRuleFor(std::string_view operation) {
  const std::string name(operation);
  return [name](const RequestContext& context, const Json& input) {
    std::string resource = "*";  // lists are allowed on everything or nothing
    for (const auto& candidate : kResources) {
      if (!name.ends_with(candidate.suffix)) continue;
      resource = ResourceArn(context, candidate.arn_type, input.GetString(candidate.name_member));
      break;
    }
    std::vector<iam::Access> wanted{
        {.action = "sagemaker:" + name, .resource = resource, .context = {}}};
    if (name == "CreateTrainingJob") AddPassRole(input, "RoleArn", &wanted);
    if (name == "CreateModel" || name == "CreateEndpointConfig")
      AddPassRole(input, "ExecutionRoleArn", &wanted);
    return wanted;
  };
}

}  // namespace sagebrush::services::sagemaker
