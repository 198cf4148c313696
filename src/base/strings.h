// SPDX-License-Identifier: Apache-2.0
// Small text functions that every layer needs: splitting, ASCII case, percent encoding, UTF-8. All pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sagebrush {

std::vector<std::string_view> Split(std::string_view text,
                                    char separator);  // "a//b" gives 3 parts, "" one
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view Trim(std::string_view text);  // ASCII white space of both ends
std::string ToLower(std::string_view text);    // ASCII only
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);

// Whole text as a decimal number; nothing for anything else (no sign for the unsigned one, no overflow).
std::optional<std::int64_t> ParseInt(std::string_view text);
std::optional<std::uint64_t> ParseUint(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);
int HexValue(char c);  // 0 to 15, of either case; -1 for what is no hexadecimal digit

// RFC 3986: unreserved bytes stay, all others become %XX. With keep_slash a '/' stays too (paths).
std::string PercentEncode(std::string_view text, bool keep_slash = false);
// Undoes it; "+" stays a plus unless plus_is_space. A broken escape is an error.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);

// "a=1&b&a=2" in order, decoded. A name without "=" has an empty value.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
Result<QueryPairs> ParseQuery(std::string_view raw_query, bool plus_is_space = false);

bool IsValidUtf8(std::string_view text);
std::size_t CodePoints(std::string_view utf8);
// The beginning of a text, whole characters only: at most so many of them, or so many bytes.
std::string_view FirstCharacters(std::string_view utf8, std::size_t count);
std::string_view FirstBytes(std::string_view utf8, std::size_t count);

// The least text greater than all that begin with `prefix`, byte by byte; nothing if there is none. For ranges of an index.
std::optional<std::string> PrefixEnd(std::string_view prefix);

}  // namespace sagebrush
