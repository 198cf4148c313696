// SPDX-License-Identifier: Apache-2.0
// The Condition block of a policy statement. Source: IAM User Guide, "IAM JSON policy elements:
// Condition operators" and "Multivalued context keys". Pure functions.
#pragma once

#include <string_view>

#include "base/json.h"
#include "iam/wildcard.h"

namespace sagebrush::iam {

// With ForAllValues:/ForAnyValue: in front and IfExists behind, where AWS allows them.
bool IsKnownOperator(std::string_view name);

// Whether the whole block holds: every operator, every key, one of each key's values. `lists` are the keys that have several
// values in the request (aws:TagKeys): without ForAllValues: in front, one of them has to match.
bool ConditionsHold(const Json& conditions, const Context& context, const Lists& lists = {});

}  // namespace sagebrush::iam
