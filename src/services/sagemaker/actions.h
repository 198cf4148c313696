// SPDX-License-Identifier: Apache-2.0
// What each operation of SageMaker needs to be allowed: the IAM action and the resources. Source: Service Authorization
// Reference, "Actions, resources, and condition keys for Amazon SageMaker". Pure but for the tags that a rule may have read
// of `records`; any thread.
#pragma once

#include <string_view>

#include "metastore/record_store.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

AccessRule AccessRuleFor(std::string_view operation, metastore::RecordStore& records);

}  // namespace sagebrush::services::sagemaker
