// SPDX-License-Identifier: Apache-2.0
#include "services/logs/filter_pattern.h"

#include <algorithm>

#include "base/strings.h"

namespace sagebrush::services::logs {

namespace {

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (c & 0x80) != 0;
}

// The term stands in the message, and no word goes on beyond its edges.
bool Contains(std::string_view message, std::string_view term) {
  for (std::size_t at = message.find(term); at != std::string_view::npos;
       at = message.find(term, at + 1)) {
    const std::size_t end = at + term.size();
    const bool cuts_before = at > 0 && IsWordByte(term.front()) && IsWordByte(message[at - 1]);
    const bool cuts_after =
        end < message.size() && IsWordByte(term.back()) && IsWordByte(message[end]);
    if (!cuts_before && !cuts_after) return true;
  }
  return false;
}

Status Unsupported(std::string_view what) {
  return InvalidArgument(
      "Invalid filter pattern: " + std::string(what) +
      " are not supported here; use terms, \"quoted phrases\", -exclusions and ?alternatives.");
}

// Takes one term, quoted or not, off the front of `rest`.
Result<std::string> TakeTerm(std::string_view* rest) {
  std::string term;
  if (rest->starts_with('"')) {
    std::size_t at = 1;
    for (; at < rest->size() && (*rest)[at] != '"'; ++at) {
      if ((*rest)[at] == '\\' && at + 1 < rest->size()) ++at;
      term.push_back((*rest)[at]);
    }
    if (at == rest->size())
      return InvalidArgument("Invalid filter pattern: a quotation mark is not closed.");
    rest->remove_prefix(at + 1);
  } else {
    const std::size_t end = std::min(rest->find_first_of(" \t"), rest->size());
    term = rest->substr(0, end);
    rest->remove_prefix(end);
    if (!std::all_of(term.begin(), term.end(), IsWordByte))
      return InvalidArgument("Invalid character(s) in term '" + term + "'");
  }
  if (term.empty()) return InvalidArgument("Invalid filter pattern: a term is empty.");
  return term;
}

}  // namespace

Result<FilterPattern> FilterPattern::Parse(std::string_view text) {
  FilterPattern pattern;
  std::string_view rest = Trim(text);
  if (rest.starts_with('{')) return Unsupported("patterns over JSON fields");
  if (rest.starts_with('[')) return Unsupported("patterns over space-delimited fields");
  if (rest.starts_with('%')) return Unsupported("regular expressions");
  while (!rest.empty()) {
    auto* terms = &pattern.required_;
    if (rest.starts_with('-')) terms = &pattern.excluded_;
    if (rest.starts_with('?')) terms = &pattern.any_;
    if (terms != &pattern.required_) rest.remove_prefix(1);
    ASSIGN_OR_RETURN(std::string term, TakeTerm(&rest));
    terms->push_back(std::move(term));
    rest = Trim(rest);
  }
  // The guide: beside other terms, those with a question mark are ignored.
  if (!pattern.required_.empty() || !pattern.excluded_.empty()) pattern.any_.clear();
  return pattern;
}

bool FilterPattern::Matches(std::string_view message) const {
  const auto contains = [&](const std::string& term) { return Contains(message, term); };
  return std::all_of(required_.begin(), required_.end(), contains) &&
         std::none_of(excluded_.begin(), excluded_.end(), contains) &&
         (any_.empty() || std::any_of(any_.begin(), any_.end(), contains));
}

}  // namespace sagebrush::services::logs
