// SPDX-License-Identifier: Apache-2.0
// pip's requirements file format (pip.pypa.io, "Requirements File Format"), as far as the question needs it.
#include "agent/requirements.h"

#include <algorithm>
#include <span>
#include <string>

#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

enum class LineKind { kNothing, kPinned, kOpen, kLocal };

bool IsOneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (!(line = Trim(line)).empty()) {
    words.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(words.back().size());
  }
  return words;
}

// Options that say where and how to look, and bring nothing of the job's own in. Others (-r, -c, -e, --find-links) may. One
// line may hold several ("--no-index --find-links wheels").
bool AreHarmlessOptions(std::string_view line) {
  constexpr std::string_view kFlags[] = {"--no-index", "--pre", "--prefer-binary",
                                         "--require-hashes"};
  constexpr std::string_view kIndexes[] = {"--index-url", "-i", "--extra-index-url"};
  constexpr std::string_view kOthers[] = {"--no-binary", "--only-binary", "--trusted-host"};
  const std::vector<std::string_view> words = Words(line);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (IsOneOf(words[i], kFlags)) continue;
    const std::size_t equals = words[i].find('=');
    const std::string_view name = words[i].substr(0, equals);
    const bool is_index = IsOneOf(name, kIndexes);
    if (!is_index && !IsOneOf(name, kOthers)) return false;
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = words[i].substr(equals + 1);
    } else if (++i < words.size()) {
      value = words[i];
    }
    // An index may be a folder too.
    if (is_index && !value.starts_with("https://") && !value.starts_with("http://")) return false;
  }
  return true;
}

// pip takes these for a file even where no slash is.
bool IsArchiveName(std::string_view name) {
  constexpr std::string_view kSuffixes[] = {".zip",    ".whl", ".tar",     ".tar.gz",
                                            ".tgz",    ".tbz", ".tar.bz2", ".txz",
                                            ".tar.xz", ".tlz", ".tar.lz",  ".tar.lzma"};
  const std::string lower = ToLower(Trim(name.substr(0, name.find('['))));
  return std::ranges::any_of(kSuffixes,
                             [&](std::string_view suffix) { return lower.ends_with(suffix); });
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

// One logical line without its comment.
LineKind KindOf(std::string_view line) {
  if (line.empty()) return LineKind::kNothing;
  if (line.find("${") != std::string_view::npos) return LineKind::kLocal;
  if (line.front() == '-') return AreHarmlessOptions(line) ? LineKind::kNothing : LineKind::kLocal;
  // "name[extra] == 1.2 ; marker --hash=…": what stands before the marker and the options decides.
  for (const std::string_view word : Words(line))
    if (word.front() == '-' && !word.starts_with("--hash")) return LineKind::kLocal;
  std::string_view requirement = line.substr(0, line.find(';'));
  requirement = Trim(requirement.substr(0, requirement.find(" --")));
  if (requirement.empty() || !IsNameCharacter(requirement.front()) || requirement.front() == '.' ||
      requirement.find_first_of("@/\\:") != std::string_view::npos || IsArchiveName(requirement)) {
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

bool IsRemote(std::string_view value) {
  return (value.starts_with("https://") || value.starts_with("http://") ||
          value.starts_with("s3://")) &&
         value.find_first_of(" \t\n,:", value.find("://") + 3) == std::string_view::npos;
}

// What makes Python or pip run or read something of the job's own: its code would then decide what others import.
bool MayChangeWhatIsInstalled(const std::string& name, std::string_view value) {
  for (const char* prefix : {"PYTHON", "LD_", "PIP_", "XDG_"})
    if (name.starts_with(prefix)) return true;
  if (name == "PATH" || name == "HOME") return true;
  const bool is_path = value.find('/') != std::string_view::npos && !IsRemote(value);
  return is_path || value.starts_with('.') || value.starts_with('~');
}

// With its length before it, so that no two lists of fields make the same text.
void AddField(std::string_view field, std::string* text) {
  text->append(std::to_string(field.size())).append(":").append(field);
}

void AddVariables(PackageSet::Variables variables, std::string* text) {
  std::ranges::sort(variables);
  AddField(std::to_string(variables.size()), text);
  for (const auto& [name, value] : variables) {
    AddField(name, text);
    AddField(value, text);
  }
}

}  // namespace

std::optional<std::string> PackageSetKey(const PackageSet& set) {
  if (set.runtime.empty()) return std::nullopt;
  for (const auto& [name, value] : set.environment)
    if (MayChangeWhatIsInstalled(name, value)) return std::nullopt;
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
  std::string text;
  AddField(set.runtime, &text);
  AddVariables(set.machine_environment, &text);
  AddVariables(set.environment, &text);
  AddField(all_pinned ? "" : set.day, &text);
  AddField(set.requirements, &text);
  return HexEncode(Sha256(text));
}

}  // namespace sagebrush::agent
