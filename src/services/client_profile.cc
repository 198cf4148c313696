// SPDX-License-Identifier: Apache-2.0
#include "services/client_profile.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/strings.h"

namespace sagebrush::services {

namespace {

constexpr std::string_view kBegin =
    "# >>> sagebrush env --install; `sagebrush env --uninstall` takes out what is between these "
    "lines";
constexpr std::string_view kEnd = "# <<< sagebrush";

// With their line ends.
std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

// What stands in a section's brackets: «[profile "work"] # mine» is «profile "work"».
std::optional<std::string_view> SectionOf(std::string_view line) {
  // Python's configparser takes a header at the line's beginning only.
  if (!line.starts_with('[')) return std::nullopt;
  const std::size_t end = line.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  return line.substr(1, end - 1);
}

bool NamesProfile(std::string_view section, std::string_view name, ProfileFile file) {
  if (file == ProfileFile::kCredentials) return Trim(section) == name;
  section = Trim(section);
  if (section == "default") return name == "default";
  constexpr std::string_view kWord = "profile";
  if (!section.starts_with(kWord)) return false;
  std::string_view rest = section.substr(kWord.size());
  if (rest.empty() || (rest.front() != ' ' && rest.front() != '\t')) return false;
  rest = Trim(rest);
  if (rest.size() >= 2 && (rest.front() == '"' || rest.front() == '\'') &&
      rest.back() == rest.front())
    rest = rest.substr(1, rest.size() - 2);
  return rest == name;
}

// The member, made as an object where it was not.
Json& ObjectAt(Json& parent, std::string_view name) {
  Json& member = parent[name];
  if (!member.is_object()) member = Json::Object();
  return member;
}

// The partition that the region belongs to.
Json* PartitionOf(Json& endpoints, const std::string& region) {
  Json* partitions = endpoints.Find("partitions");
  if (partitions == nullptr || !partitions->is_array()) return nullptr;
  for (Json& partition : partitions->AsArray()) {
    const Json* regions = partition.Find("regions");
    if (regions != nullptr && regions->Has(region)) return &partition;
  }
  return nullptr;
}

Result<Json> ParseEndpoints(std::string_view text) {
  auto parsed = Json::Parse(text);
  const Json* partitions = parsed.ok() ? parsed->Find("partitions") : nullptr;
  if (partitions == nullptr || !partitions->is_array())
    return InvalidArgument("no list of partitions as botocore's endpoints.json has one");
  return std::move(*parsed);
}

}  // namespace

bool IsProfileName(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

bool HasProfile(std::string_view text, std::string_view name, ProfileFile file) {
  for (const std::string_view line : Lines(text)) {
    const auto section = SectionOf(line);
    if (section && NamesProfile(*section, name, file)) return true;
  }
  return false;
}

std::string TakeOutProfile(std::string_view text, std::string_view name, std::string* removed) {
  std::string kept;
  bool inside = false;
  removed->clear();
  for (const std::string_view line : Lines(text)) {
    if (const auto section = SectionOf(line))
      inside = NamesProfile(*section, name, ProfileFile::kConfig);
    (inside ? *removed : kept) += line;
  }
  return kept;
}

std::string AddProfile(std::string_view text, const ClientProfile& profile) {
  std::string out(text);
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  out.append(kBegin).append("\n");
  out += profile.name == "default" ? "[default]\n" : "[profile " + profile.name + "]\n";
  out += "region = " + profile.region + "\n";
  out += "endpoint_url = " + profile.endpoint_url + "\n";
  out += "ca_bundle = " + profile.ca_bundle + "\n";
  out += "credential_process = " + profile.credential_process + "\n";
  return out.append(kEnd).append("\n");
}

std::string RemoveProfile(std::string_view text, std::string_view in_place_of_it) {
  std::string out;
  bool inside = false;
  bool in_section = false;  // the block's one section has begun
  for (const std::string_view line : Lines(text)) {
    if (Trim(line) == kBegin) {
      inside = true;
      in_section = false;
      out += in_place_of_it;
      continue;
    }
    // Somebody may have taken the last line away: another section is not ours all the same.
    if (inside && line.starts_with('[')) {
      inside = !in_section;
      in_section = true;
    }
    const bool is_end = Trim(line) == kEnd;
    if (!inside && !is_end) out += line;
    if (is_end) inside = false;
  }
  return out;
}

std::string QuoteWord(std::string_view word) {
  const bool is_plain = !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+:@%=,").find(c) != std::string_view::npos;
  });
  if (is_plain) return std::string(word);
  std::string out = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') out += '\\';
    out += c;
  }
  return out + "\"";
}

Result<StsOverride> OverrideSts(std::string_view endpoints, const std::string& region,
                                const std::string& host) {
  ASSIGN_OR_RETURN(Json json, ParseEndpoints(endpoints));
  Json* partition = PartitionOf(json, region);
  if (partition == nullptr) return NotFound("no partition has the region " + region);
  Json& sts = ObjectAt(ObjectAt(*partition, "services"), "sts");
  Json& entries = ObjectAt(sts, "endpoints");
  StsOverride result;
  if (const Json* previous = entries.Find(region)) result.previous = *previous;
  ObjectAt(entries, region)["hostname"] = host;
  result.text = json.Dump() + "\n";
  return result;
}

Result<std::string> RestoreSts(std::string_view endpoints, const std::string& region,
                               const std::string& host, const Json& previous) {
  ASSIGN_OR_RETURN(Json json, ParseEndpoints(endpoints));
  Json* node = PartitionOf(json, region);
  for (const char* name : {"services", "sts", "endpoints"})
    node = node == nullptr ? nullptr : node->Find(name);
  const Json* entry = node == nullptr ? nullptr : node->Find(region);
  if (entry == nullptr || entry->GetString("hostname") != host) return std::string(endpoints);
  if (previous.is_null()) {
    node->Remove(region);
  } else {
    (*node)[region] = previous;
  }
  return json.Dump() + "\n";
}

}  // namespace sagebrush::services
