// SPDX-License-Identifier: Apache-2.0
// The wildcards and ${variables} of policies. Source: IAM User Guide, "IAM policy elements: Variables
// and tags". A variable's value is text: its own '*' and '?' mean themselves. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sagebrush::iam {

// Condition keys and their values; keys compare without case.
using Context = std::map<std::string, std::string>;
using Lists = std::map<std::string, std::vector<std::string>>;

std::optional<std::string> FindKey(const Context& context, std::string_view key);

// '*' any run, '?' any one; the text has no wildcards. No recursion, no exponential time.
bool Glob(std::string_view pattern, std::string_view text);

// As Glob, after the variables were filled in. One without a value makes the pattern match nothing.
bool GlobWithVariables(std::string_view pattern, std::string_view text, const Context& context);

// The two halves of GlobWithVariables, for patterns that are matched part by part (ARNs). What
// ExpandPattern gives is for MatchExpanded alone; without wildcards it is plain text.
std::optional<std::string> ExpandPattern(std::string_view pattern, const Context& context,
                                         bool has_wildcards);
bool MatchExpanded(std::string_view expanded, std::string_view text);

}  // namespace sagebrush::iam
