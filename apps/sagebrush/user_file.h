// SPDX-License-Identifier: Apache-2.0
// A file of the user's that we change and can put back. What it was is kept in a copy, and a note (JSON) says which copy, and what
// we wrote: a file that is still so becomes what it was, from any other ours alone is taken out. Not synchronised.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::apps {

using Text = std::optional<std::string>;  // absent: no such file

Result<Text> ReadIfThere(const std::filesystem::path& path);
// Durably; a link stays one, and a file keeps its owner and mode. A new one is the user's alone, as are folders that are made
// for it.
Status WriteThrough(const std::filesystem::path& path, const std::string& text);

// As it is, and as it would be without us.
struct UserFile {
  std::filesystem::path path;
  Text current;
  Text original;
  bool untouched = true;  // since we wrote it
};

// `entry` is the note's word of the file, or null; `undo` takes ours out of an edited file.
Result<UserFile> Examine(const std::filesystem::path& path, const Json* entry,
                         const std::function<std::string(const std::string&)>& undo);

// Where the text is kept: `first`, or the next free `first`.1, .2 … A copy with another text is never overwritten: it may be
// the only one that has what the user once wrote.
std::filesystem::path CopyFor(const std::filesystem::path& first, const Text& text);
// Keeps the original there; gives the note's entry for a file that will be as `wanted`.
Result<Json> KeepOriginal(const UserFile& file, const std::filesystem::path& copy,
                          const std::string& wanted);
// Makes it what it was, and says so on stdout.
Status PutBack(const UserFile& file);

}  // namespace sagebrush::apps
