// SPDX-License-Identifier: Apache-2.0
// The policies that exist in every account under arn:aws:iam::aws:policy/. Constant data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "iam/roles.h"

namespace sagebrush::iam {

std::optional<ManagedPolicy> FindAwsManagedPolicy(std::string_view arn);
std::vector<ManagedPolicy> AwsManagedPolicies();

}  // namespace sagebrush::iam
