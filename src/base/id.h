// SPDX-License-Identifier: Apache-2.0
// Random identifiers. Thread-safe.
#pragma once

#include <string>

namespace sagebrush {

std::string NewUuid();  // 8-4-4-4-12, version 4: request ids
std::string NewId(
    std::size_t characters = 16);  // lower-case base32 letters and digits, 5 bits each

}  // namespace sagebrush
