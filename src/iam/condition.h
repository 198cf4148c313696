// SPDX-License-Identifier: Apache-2.0
// The Condition block of a policy statement. Source: IAM User Guide, "IAM JSON policy elements:
// Condition operators". Context keys have one value each. Pure functions.
#pragma once

#include <string_view>

#include "base/json.h"
#include "iam/wildcard.h"

namespace sagebrush::iam {

// With ForAllValues:/ForAnyValue: in front and IfExists behind, where AWS allows them.
bool IsKnownOperator(std::string_view name);

// Whether the whole block holds: every operator, every key, one of each key's values.
bool ConditionsHold(const Json& conditions, const Context& context);

}  // namespace sagebrush::iam
