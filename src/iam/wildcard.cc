// SPDX-License-Identifier: Apache-2.0
#include "iam/wildcard.h"

#include <algorithm>

#include "base/strings.h"

namespace sagebrush::iam {

namespace {

// Wildcards that stood in the pattern itself, so that those of a variable's value can stay literal.
constexpr char kAnyRun = '\x01';
constexpr char kAnyOne = '\x02';

}  // namespace

bool MatchExpanded(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == kAnyRun) {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == kAnyOne || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kAnyRun) ++p;
  return p == pattern.size();
}

// The pattern with its variables filled in; nothing if one has no value. Control bytes of ours
// cannot come in from outside.
std::optional<std::string> ExpandPattern(std::string_view pattern, const Context& context,
                                         bool has_wildcards) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == kAnyRun || c == kAnyOne) return std::nullopt;
    const std::size_t end = c == '$' && i + 1 < pattern.size() && pattern[i + 1] == '{'
                                ? pattern.find('}', i)
                                : std::string_view::npos;
    if (end != std::string_view::npos) {
      std::string_view name = pattern.substr(i + 2, end - i - 2);
      i = end;
      if (name == "*" || name == "?" || name == "$") {
        out += name;
        continue;
      }
      std::optional<std::string> fallback;  // ${aws:username, 'nobody'}
      if (const std::size_t comma = name.find(','); comma != std::string_view::npos) {
        std::string_view text = Trim(name.substr(comma + 1));
        if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
          fallback = text.substr(1, text.size() - 2);
        name = Trim(name.substr(0, comma));
      }
      auto value = FindKey(context, name);
      if (!value) value = fallback;
      if (!value) return std::nullopt;
      out += *value;
    } else if (has_wildcards && c == '*') {
      out += kAnyRun;
    } else if (has_wildcards && c == '?') {
      out += kAnyOne;
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<std::string> FindKey(const Context& context, std::string_view key) {
  for (const auto& [name, value] : context)
    if (EqualsIgnoreCase(name, key)) return value;
  return std::nullopt;
}

bool Glob(std::string_view pattern, std::string_view text) {
  std::string tokens(pattern);
  if (tokens.find(kAnyRun) != std::string::npos || tokens.find(kAnyOne) != std::string::npos)
    return false;
  std::ranges::replace(tokens, '*', kAnyRun);
  std::ranges::replace(tokens, '?', kAnyOne);
  return MatchExpanded(tokens, text);
}

bool GlobWithVariables(std::string_view pattern, std::string_view text, const Context& context) {
  const auto expanded = ExpandPattern(pattern, context, /*has_wildcards=*/true);
  return expanded && MatchExpanded(*expanded, text);
}

}  // namespace sagebrush::iam
