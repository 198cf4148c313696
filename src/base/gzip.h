// SPDX-License-Identifier: Apache-2.0
// Gunzip: a whole gzip text in memory, unpacked up to a bound, so that a small one cannot fill the memory. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sagebrush {

// kInvalidArgument for what is no gzip or ends early; kResourceExhausted beyond `limit` bytes.
Result<std::string> Gunzip(std::string_view packed, std::uint64_t limit);

}  // namespace sagebrush
