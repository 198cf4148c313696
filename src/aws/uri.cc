// SPDX-License-Identifier: Apache-2.0
#include "aws/uri.h"

#include "base/strings.h"

namespace sagebrush::aws {

namespace {

// Takes the next segment off `path`, which begins with a slash unless it is used up.
std::string_view TakeSegment(std::string_view* path) {
  path->remove_prefix(1);
  const std::string_view segment = path->substr(0, path->find('/'));
  path->remove_prefix(segment.size());
  return segment;
}

// Lays the path over the template; calls on_label(name, raw value) for each label, which may
// refuse. The number of literal segments, or nothing.
template <typename OnLabel>
std::optional<int> Lay(std::string_view uri_template, std::string_view raw_path, OnLabel on_label) {
  std::string_view wanted = uri_template.substr(0, uri_template.find('?'));
  std::string_view path = raw_path.empty() ? "/" : raw_path;
  if (wanted == "/") return path == "/" ? std::optional(0) : std::nullopt;
  int literals = 0;
  while (!wanted.empty()) {
    if (path.empty()) return std::nullopt;
    const std::string_view part = TakeSegment(&wanted);
    const bool is_label = part.starts_with('{') && part.ends_with('}');
    const bool is_greedy = is_label && part.ends_with("+}");
    const std::string_view raw = is_greedy ? path.substr(1) : TakeSegment(&path);
    if (is_greedy) path = {};
    if (!is_label) {
      if (raw != part) return std::nullopt;
      ++literals;
    } else if (raw.empty() || !on_label(part.substr(1, part.size() - (is_greedy ? 3 : 2)), raw)) {
      return std::nullopt;
    }
  }
  return path.empty() || path == "/" ? std::optional(literals) : std::nullopt;
}

}  // namespace

std::optional<UriMatch> MatchUri(std::string_view uri_template, std::string_view raw_path) {
  UriMatch match;
  const auto literals =
      Lay(uri_template, raw_path, [&](std::string_view name, std::string_view raw) {
        auto value = PercentDecode(raw);
        if (!value.ok()) return false;
        match.labels.emplace_back(name, std::move(value).value());
        return true;
      });
  return literals ? std::optional(std::move(match)) : std::nullopt;
}

std::optional<int> FitUri(std::string_view uri_template, std::string_view raw_path) {
  return Lay(uri_template, raw_path, [](std::string_view, std::string_view) { return true; });
}

std::vector<std::pair<std::string_view, std::string_view>> UriConstants(
    std::string_view uri_template) {
  std::vector<std::pair<std::string_view, std::string_view>> constants;
  const std::size_t mark = uri_template.find('?');
  if (mark == std::string_view::npos) return constants;
  for (const std::string_view part : Split(uri_template.substr(mark + 1), '&')) {
    const std::size_t equals = part.find('=');
    constants.emplace_back(part.substr(0, equals), equals == std::string_view::npos
                                                       ? std::string_view()
                                                       : part.substr(equals + 1));
  }
  return constants;
}

}  // namespace sagebrush::aws
