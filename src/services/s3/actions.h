// SPDX-License-Identifier: Apache-2.0
// The IAM action and ARN of each S3 operation. Source: Service Authorization Reference, "Actions, resources, and condition
// keys for Amazon S3", and S3 User Guide, "Required permissions for Amazon S3 API operations". Pure functions.
#pragma once

#include <string_view>

#include "services/service.h"

namespace sagebrush::services::s3 {

// The rule of an operation that has a handler here.
AccessRule RuleOf(std::string_view operation);

}  // namespace sagebrush::services::s3
