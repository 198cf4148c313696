// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/resource_type.h"

#include "base/strings.h"
#include "orchestrator/workload_record.h"

namespace sagebrush::services::sagemaker {

const ResourceType kTrainingJob{orchestrator::kTrainingJobKind, "training job", "TrainingJob",
                                "TrainingJobName", "TrainingJobArn"};
const ResourceType kModel{"model", "model", "Model", "ModelName", "ModelArn"};
const ResourceType kEndpointConfig{"endpoint-config", "endpoint configuration", "EndpointConfig",
                                   "EndpointConfigName", "EndpointConfigArn"};
const ResourceType kEndpoint{orchestrator::kEndpointKind, "endpoint", "Endpoint", "EndpointName",
                             "EndpointArn"};

namespace {
constexpr const ResourceType* kAll[] = {&kTrainingJob, &kModel, &kEndpointConfig, &kEndpoint};
}

const ResourceType* TypeOfOperation(std::string_view operation) {
  for (const auto* type : kAll)
    if (operation.ends_with(type->operation)) return type;
  return nullptr;
}

const ResourceType* TypeOfArn(std::string_view word) {
  for (const auto* type : kAll)
    if (word == type->kind) return type;
  return nullptr;
}

metastore::Key KeyOf(const ResourceType& type, const RequestContext& context,
                     const std::string& name) {
  return {type.kind, context.scope(), name};
}

std::string ArnOf(const ResourceType& type, const RequestContext& context, std::string_view name) {
  return context.Arn("sagemaker", std::string(type.kind) + "/" + ToLower(name));
}

aws::Error NotFoundError(const ResourceType& type, const RequestContext& context,
                         std::string_view name) {
  // aws/aws-sdk issue 165 shows DescribeTrainingJob's words.
  if (&type == &kTrainingJob)
    return {.code = "ValidationException", .message = "Requested resource not found."};
  return {.code = "ValidationException",
          .message = "Could not find " + std::string(type.noun) + " \"" +
                     ArnOf(type, context, name) + "\"."};
}

}  // namespace sagebrush::services::sagemaker
