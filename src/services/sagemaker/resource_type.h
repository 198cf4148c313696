// SPDX-License-Identifier: Apache-2.0
// The kinds of SageMaker's resources: what each is called in records, ARNs, operations and error texts. Constant data.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "metastore/record_store.h"
#include "services/context.h"

namespace sagebrush::services::sagemaker {

struct ResourceType {
  const char* kind;         // of its records, and as ARNs have it
  const char* noun;         // in AWS's error texts
  const char* operation;    // as names of operations end
  const char* name_member;  // of requests and answers
  const char* arn_member;
};

extern const ResourceType kTrainingJob, kModel, kEndpointConfig, kEndpoint;

// By the name of an operation ("CreateEndpointConfig"), or by an ARN's word ("endpoint-config"); null if there is none.
const ResourceType* TypeOfOperation(std::string_view operation);
const ResourceType* TypeOfArn(std::string_view word);

metastore::Key KeyOf(const ResourceType& type, const RequestContext& context,
                     const std::string& name);
// AWS writes the names in SageMaker's ARNs in lower case; policies are matched against these (actions.cc), so a reader who
// copies an ARN from an answer into a policy names what is checked.
std::string ArnOf(const ResourceType& type, const RequestContext& context, std::string_view name);

// Could not find model "arn:…".
aws::Error NotFoundError(const ResourceType& type, const RequestContext& context,
                         std::string_view name);

}  // namespace sagebrush::services::sagemaker
