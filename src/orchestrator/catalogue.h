// SPDX-License-Identifier: Apache-2.0
// The catalogue of runtimes: one JSON file a runtime. It maps an image URI, whatever its account and region, to what runs
// here. Read once at start; then immutable, so any thread may look.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::orchestrator {

enum class ImageRole { kTraining, kHosting };

struct Runtime {
  std::string name;               // "tensorflow-1.15"
  std::string framework;          // "tensorflow"
  std::string framework_version;  // what really runs: "1.15.5"
  std::string python_version;     // "3.7.9"
  std::string python;             // relative to its folder
  std::filesystem::path make;     // the script that makes it
  int megabytes = 0;
  int seconds = 0;
  std::string hosting_server;   // "sagebrush-model-server", or ""
  std::string hosting_library;  // the runtime that holds its library, or ""
};

struct Image {
  std::string repository;  // "tensorflow-training"
  std::string tag;         // "1.15.2-cpu-py3"; "latest" if none was given
};
Result<Image> ParseImage(std::string_view uri);

// One sentence for the log of what runs: the image, the runtime, and how the two differ, if they do ("…:2.3.0-gpu-py37" asks
// for a version, a Python and a graphics card).
std::string WhatRuns(std::string_view image_uri, const Runtime& runtime);

class Catalogue {
 public:
  static Result<Catalogue> Load(const std::filesystem::path& folder);

  // Without a tag, or with `latest`, the last runtime by name that has such a repository. kNotFound names what is known and
  // how to add one.
  Result<const Runtime*> Find(std::string_view image_uri, ImageRole role) const;
  const Runtime* ByName(std::string_view name) const;

 private:
  struct Pattern {
    ImageRole role;
    std::vector<std::string> repositories;
    std::string tag;      // a regular expression, whole-string
    std::string example;  // a tag that it matches, for people; "" if the file has none
    std::string runtime;
  };
  std::map<std::string, Runtime, std::less<>> runtimes_;
  std::vector<Pattern> patterns_;
};

}  // namespace sagebrush::orchestrator
