// SPDX-License-Identifier: Apache-2.0
// Forms of the query protocol: Tags.member.1.Key=a becomes {"Tags": [{"Key": "a"}]}. Pure
// functions.
#pragma once

#include <string_view>

#include "aws/schema.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::aws::internal {

// `form` is the body, or the query string of a GET.
Result<Json> DecodeForm(const Shape& shape, std::string_view form);

}  // namespace sagebrush::aws::internal
