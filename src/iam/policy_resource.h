// SPDX-License-Identifier: Apache-2.0
// What IAM says to a Resource (or a date) in an identity policy that it does not take. Two parsers of IAM's look at it: the
// older one's refusal has one sentence for everything, the newer one's tells. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sagebrush::iam {

// The newer parser's sentence; "" where it has none.
std::string ResourceFault(std::string_view resource);

// Whether the older parser takes it; asked only where the newer has no fault to tell.
bool PassesLegacyParsing(std::string_view resource);
// The value of a Date… condition, in seconds since 1970: ISO 8601, whole or in part (a year is its begin), or such seconds.
// Nothing if the older parser does not take it.
std::optional<double> ReadLegacyDate(std::string_view text);

}  // namespace sagebrush::iam
