// SPDX-License-Identifier: Apache-2.0
// Whose hosts we answer for. Pure.
#pragma once

#include <string_view>

namespace sagebrush::aws {

// Whether a host, with or without a port, is AWS's: amazonaws.com, amazonaws.com.cn, or a name below one of them.
bool IsAwsHost(std::string_view host);

}  // namespace sagebrush::aws
