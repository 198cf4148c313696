// SPDX-License-Identifier: Apache-2.0
#include "agent/channel_plan.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <set>

#include "base/json.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

// The name without empty and "." parts; kInvalidArgument if it climbs or is nothing.
Result<std::string> SafeName(const aws::S3Uri& object, std::string_view name) {
  std::vector<std::string> parts;
  for (const std::string_view part : Split(name, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.find('\0') != std::string_view::npos) {
      return InvalidArgument(
          fmt::format("{} cannot become a file: its key has a part '..'", object.ToString()));
    }
    parts.emplace_back(part);
  }
  if (parts.empty())
    return InvalidArgument(
        fmt::format("{} cannot become a file: its key has no name", object.ToString()));
  return Join(parts, "/");
}

// AWS's own sentence for a file that would have to be a folder too, or two objects of one name.
Status CheckClashes(const std::vector<PlannedFile>& files) {
  std::set<std::string_view> names;
  for (const PlannedFile& file : files) {
    if (!names.insert(file.name).second) {
      return InvalidArgument(
          fmt::format("Cannot download {}, a previously downloaded file/folder clashes with it.",
                      file.object.ToString()));
    }
  }
  for (const PlannedFile& file : files) {
    for (std::size_t slash = file.name.find('/'); slash != std::string::npos;
         slash = file.name.find('/', slash + 1)) {
      if (names.count(std::string_view(file.name).substr(0, slash)) != 0) {
        return InvalidArgument(
            fmt::format("Cannot download {}, a previously downloaded file/folder clashes with it.",
                        file.object.ToString()));
      }
    }
  }
  return Status::Ok();
}

}  // namespace

std::string NameBelowPrefix(std::string_view prefix, std::string_view key) {
  if (key == prefix) {
    const std::size_t slash = key.rfind('/');
    return std::string(slash == std::string_view::npos ? key : key.substr(slash + 1));
  }
  if (prefix.empty() || prefix.back() == '/') return std::string(key.substr(prefix.size()));
  if (key.substr(prefix.size()).starts_with('/')) return std::string(key.substr(prefix.size() + 1));
  const std::size_t slash = prefix.rfind('/');
  return std::string(slash == std::string_view::npos ? key : key.substr(slash + 1));
}

Result<std::vector<PlannedFile>> PlanPrefix(const aws::S3Uri& prefix,
                                            const std::vector<S3Object>& objects) {
  std::vector<PlannedFile> files;
  for (const S3Object& object : objects) {
    if (object.key.ends_with('/')) continue;
    PlannedFile file{{prefix.bucket, object.key}, "", object.size};
    ASSIGN_OR_RETURN(file.name, SafeName(file.object, NameBelowPrefix(prefix.key, object.key)));
    files.push_back(std::move(file));
  }
  RETURN_IF_ERROR(CheckClashes(files));
  return files;
}

Result<std::vector<PlannedFile>> PlanManifest(std::string_view manifest) {
  const Result<Json> parsed = Json::Parse(manifest);
  if (!parsed.ok()) return InvalidArgument("the manifest is no JSON: " + parsed.status().message());
  if (!parsed->is_array() || parsed->size() == 0 || !parsed->AsArray().front().is_object()) {
    return InvalidArgument(
        "the manifest must be a list that begins with {\"prefix\": \"s3://bucket/prefix\"}");
  }
  const std::string prefix_text = parsed->AsArray().front().GetString("prefix");
  ASSIGN_OR_RETURN(const aws::S3Uri prefix, aws::ParseS3Uri(prefix_text));
  std::vector<PlannedFile> files;
  for (std::size_t i = 1; i < parsed->size(); ++i) {
    const Json& entry = parsed->AsArray()[i];
    if (!entry.is_string() || entry.AsString().empty()) {
      return InvalidArgument(fmt::format("the manifest's entry {} is no object's name", i));
    }
    PlannedFile file{{prefix.bucket, prefix.key + entry.AsString()}, "", 0};
    ASSIGN_OR_RETURN(file.name, SafeName(file.object, entry.AsString()));
    files.push_back(std::move(file));
  }
  RETURN_IF_ERROR(CheckClashes(files));
  return files;
}

std::vector<PlannedFile> ShardOf(std::vector<PlannedFile> files, std::size_t host,
                                 std::size_t hosts) {
  std::vector<PlannedFile> mine;
  for (std::size_t i = host; i < files.size(); i += hosts) mine.push_back(std::move(files[i]));
  return mine;
}

}  // namespace sagebrush::agent
