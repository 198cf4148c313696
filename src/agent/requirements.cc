// SPDX-License-Identifier: Apache-2.0
// pip's requirements file format (pip.pypa.io, "Requirements File Format"), as far as the question needs it.
#include "agent/requirements.h"

#include <algorithm>

#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

enum class LineKind { kNothing, kPinned, kOpen, kLocal };

// Options that say where and how to look, and bring nothing of the job's own in. Others (-r, -c, -e, --find-links) may.
bool IsHarmlessOption(std::string_view line) {
  constexpr std::string_view kOptions[] = {
      "--index-url",   "-i",    "--extra-index-url", "--no-index",       "--no-binary",
      "--only-binary", "--pre", "--prefer-binary",   "--require-hashes", "--trusted-host"};
  const std::string_view name = line.substr(0, line.find_first_of(" =\t"));
  return std::ranges::find(kOptions, name) != std::end(kOptions);
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

// One logical line without its comment.
LineKind KindOf(std::string_view line) {
  if (line.empty()) return LineKind::kNothing;
  if (line.find("${") != std::string_view::npos) return LineKind::kLocal;
  if (line.front() == '-') return IsHarmlessOption(line) ? LineKind::kNothing : LineKind::kLocal;
  // "name[extra] == 1.2 ; marker --hash=…": what stands before the marker and the options decides.
  std::string_view requirement = line.substr(0, line.find(';'));
  requirement = Trim(requirement.substr(0, requirement.find(" --")));
  if (requirement.empty() || !IsNameCharacter(requirement.front()) || requirement.front() == '.' ||
      requirement.find_first_of("@/\\:") != std::string_view::npos ||
      requirement.ends_with(".whl") || requirement.ends_with(".tar.gz") ||
      requirement.ends_with(".zip")) {
    return LineKind::kLocal;
  }
  const std::size_t equals = requirement.find("==");
  const bool is_pinned = equals != std::string_view::npos &&
                         requirement.find('*') == std::string_view::npos &&
                         requirement.find_first_of("<>~!,") == std::string_view::npos;
  return is_pinned ? LineKind::kPinned : LineKind::kOpen;
}

std::string_view WithoutComment(std::string_view line) {
  if (Trim(line).starts_with('#')) return "";
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at > 0 && (line[at - 1] == ' ' || line[at - 1] == '\t')) return line.substr(0, at);
  }
  return line;
}

}  // namespace

std::optional<std::string> PackageSetKey(const PackageSet& set) {
  bool all_pinned = true;
  std::string logical;
  for (const std::string_view raw : Split(set.requirements, '\n')) {
    std::string_view line = Trim(WithoutComment(raw));
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.remove_suffix(1);
    logical.append(line).append(goes_on ? " " : "");
    if (goes_on) continue;
    const LineKind kind = KindOf(Trim(logical));
    if (kind == LineKind::kLocal) return std::nullopt;
    if (kind == LineKind::kOpen) all_pinned = false;
    logical.clear();
  }
  if (!logical.empty()) return std::nullopt;  // ends in the middle of a line
  std::string text = set.runtime;
  for (const std::string& setting : set.settings) text.append("\n").append(setting);
  text.append("\n").append(all_pinned ? "" : set.day).append("\n").append(set.requirements);
  return HexEncode(Sha256(text));
}

}  // namespace sagebrush::agent
