// SPDX-License-Identifier: Apache-2.0
// Page tokens: a few fields as one opaque text with a checksum. The checksum tells our tokens from
// others' and from mangled ones; it is no secret, and whoever reads a token must be content with
// any fields in it. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sagebrush::metastore {

// `purpose` names the list and its format ("records.1"); a token is only read back for the same
// purpose.
std::string MakePageToken(std::string_view purpose, const std::vector<std::string>& fields);
// kInvalidArgument for anything else than a token of `purpose` with `count` fields.
Result<std::vector<std::string>> ReadPageToken(std::string_view purpose, std::string_view token,
                                               std::size_t count);

}  // namespace sagebrush::metastore
