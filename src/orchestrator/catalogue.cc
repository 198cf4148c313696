// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/catalogue.h"

#include <algorithm>
#include <regex>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

std::string RoleName(ImageRole role) {
  return role == ImageRole::kTraining ? "training" : "hosting";
}

// The patterns are our own files' and short; a tag is at most 128 characters: std::regex cannot run away here.
Result<bool> TagMatches(const std::string& pattern, const std::string& tag) {
  try {
    return std::regex_match(tag, std::regex(pattern, std::regex::extended));
  } catch (const std::regex_error& error) {
    return InvalidArgument("bad tag pattern '" + pattern + "': " + error.what());
  }
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "37" and "312" of a tag's "py37" and "py312" as people write them.
std::string DottedPython(std::string_view digits) {
  if (digits.size() < 2) return std::string(digits);
  return std::string(digits.substr(0, 1)) + "." + std::string(digits.substr(1));
}

// Whether "1.15" names `full` = "1.15.5": the same, or its beginning up to a dot.
bool IsVersionOf(std::string_view asked, std::string_view full) {
  return full.starts_with(asked) && (full.size() == asked.size() || full[asked.size()] == '.');
}

}  // namespace

Result<Image> ParseImage(std::string_view uri) {
  const auto slash = uri.rfind('/');
  std::string_view name = slash == std::string_view::npos ? uri : uri.substr(slash + 1);
  if (const auto digest = name.find('@'); digest != std::string_view::npos)
    name = name.substr(0, digest);
  const auto colon = name.find(':');
  Image image{std::string(name.substr(0, colon)),
              colon == std::string_view::npos ? "latest" : std::string(name.substr(colon + 1))};
  if (image.repository.empty() || image.tag.empty() || image.tag.size() > 128)
    return InvalidArgument("not an image URI: " + std::string(uri));
  return image;
}

std::string WhatRuns(std::string_view image_uri, const Runtime& runtime) {
  const std::string text =
      "Sagebrush: image " + std::string(image_uri) + " runs as " + runtime.name;
  const auto image = ParseImage(image_uri);
  std::vector<std::string> asked;
  std::vector<std::string> here;
  const std::string tag = image.ok() ? image->tag : "";
  for (const std::string_view word : Split(tag, '-')) {
    if (word == "gpu") {
      asked.emplace_back("a graphics card");
      here.emplace_back("none");
    } else if (word.starts_with("py")) {
      const std::string python = DottedPython(word.substr(2));
      if (runtime.python_version.empty() || IsVersionOf(python, runtime.python_version)) continue;
      asked.push_back("Python " + python);
      here.push_back(runtime.python_version);
    } else if (asked.empty() && !word.empty() && IsDigit(word.front()) &&
               word.find('.') != std::string_view::npos) {
      if (IsVersionOf(word, runtime.framework_version)) continue;
      asked.push_back(runtime.framework + " " + std::string(word));
      here.push_back(runtime.framework_version);
    }
  }
  if (asked.empty()) return text;
  return text + ". It differs from what was asked for: " + Join(asked, ", ") + "; it has " +
         Join(here, ", ");
}

Result<Catalogue> Catalogue::Load(const fs::path& folder) {
  Catalogue catalogue;
  std::error_code error;
  std::vector<fs::path> files;
  for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator();
       it.increment(error))
    if (it->path().extension() == ".json") files.push_back(it->path());
  if (error) return ErrnoStatus(error.value(), "cannot read the runtimes in " + folder.string());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    auto json = Json::Parse(text);
    if (!json.ok()) return json.status().WithContext(file.string());
    Runtime runtime{.name = json->GetString("name"),
                    .framework = json->GetString("framework"),
                    .framework_version = json->GetString("framework_version"),
                    .python_version = json->GetString("python_version"),
                    .python = json->GetString("python"),
                    .make = folder / json->GetString("make"),
                    .megabytes = static_cast<int>(json->GetInt("megabytes")),
                    .seconds = static_cast<int>(json->GetInt("seconds")),
                    .hosting_server = {},
                    .hosting_library = {}};
    if (const Json* hosting = json->Find("hosting")) {
      runtime.hosting_server = hosting->GetString("server");
      runtime.hosting_library = hosting->GetString("library");
    }
    if (runtime.name.empty()) return InvalidArgument(file.string() + " has no name");
    if (const Json* images = json->Find("images"); images != nullptr && images->is_array()) {
      for (const auto& image : images->AsArray()) {
        Pattern pattern{.role = image.GetString("role") == "hosting" ? ImageRole::kHosting
                                                                     : ImageRole::kTraining,
                        .repositories = {},
                        .tag = image.GetString("tag"),
                        .example = image.GetString("example"),
                        .runtime = runtime.name};
        if (const Json* names = image.Find("repositories"); names != nullptr && names->is_array())
          for (const auto& name : names->AsArray())
            if (name.is_string()) pattern.repositories.push_back(name.AsString());
        const auto works = TagMatches(pattern.tag, "");
        if (!works.ok()) return works.status().WithContext(file.string());
        if (!pattern.example.empty() && !TagMatches(pattern.tag, pattern.example).value_or(false))
          return InvalidArgument(file.string() + ": the example '" + pattern.example +
                                 "' does not match the tag '" + pattern.tag + "'");
        catalogue.patterns_.push_back(std::move(pattern));
      }
    }
    catalogue.runtimes_.emplace(runtime.name, std::move(runtime));
  }
  return catalogue;
}

Result<const Runtime*> Catalogue::Find(std::string_view image_uri, ImageRole role) const {
  ASSIGN_OR_RETURN(const Image image, ParseImage(image_uri));
  std::vector<std::string> known;
  const Runtime* latest = nullptr;
  for (const auto& pattern : patterns_) {
    if (pattern.role != role) continue;
    if (!pattern.repositories.empty())
      known.push_back(pattern.runtime + " (" + pattern.repositories.front() +
                      (pattern.example.empty() ? "" : ":" + pattern.example) + ")");
    for (const auto& repository : pattern.repositories) {
      if (repository != image.repository) continue;
      if (image.tag == "latest") latest = ByName(pattern.runtime);
      if (TagMatches(pattern.tag, image.tag).value_or(false)) return ByName(pattern.runtime);
    }
  }
  if (latest != nullptr) return latest;
  return NotFound(
      "The image '" + std::string(image_uri) + "' is not in the catalogue of " + RoleName(role) +
      " runtimes. Known here, each with an image that it runs, of any account and region: " +
      Join(known, ", ") +
      ". To add one, put a JSON file into the runtimes folder (runtimes/README.md tells how) and "
      "start the server again.");
}

const Runtime* Catalogue::ByName(std::string_view name) const {
  const auto it = runtimes_.find(name);
  return it == runtimes_.end() ? nullptr : &it->second;
}

}  // namespace sagebrush::orchestrator
