// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/user_file.h"

#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

namespace sagebrush::apps {

namespace {

// Where the path leads: a file that is a link elsewhere stays one.
fs::path Target(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? path : target;
}

}  // namespace

Result<Text> ReadIfThere(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error) && !error) return Text();
  ASSIGN_OR_RETURN(std::string text, ReadFile(path));
  return Text(std::move(text));
}

Status WriteThrough(const fs::path& path, const std::string& text) {
  const fs::path target = Target(path);
  struct stat status {};
  const unsigned mode = ::stat(target.c_str(), &status) == 0 ? status.st_mode & 07777 : 0600;
  RETURN_IF_ERROR(MakeFolders(target.parent_path(), 0700));
  return WriteFileDurably(target, text, mode);
}

Result<UserFile> Examine(const fs::path& path, const Json* entry,
                         const std::function<std::string(const std::string&)>& undo) {
  UserFile file{.path = path, .current = {}, .original = {}};
  ASSIGN_OR_RETURN(file.current, ReadIfThere(path));
  if (entry == nullptr || !file.current) {
    file.original = file.current;
    return file;
  }
  file.untouched = HexEncode(Sha256(*file.current)) == entry->GetString("sha256");
  if (!file.untouched) {
    file.original = undo(*file.current);
  } else if (const std::string copy = entry->GetString("copy"); !copy.empty()) {
    ASSIGN_OR_RETURN(std::string text, ReadFile(copy));
    file.original = std::move(text);
  }
  return file;
}

fs::path CopyFor(const fs::path& first, const Text& text) {
  fs::path copy = first;
  for (int i = 1; text; ++i) {
    const auto there = ReadIfThere(copy);
    if (there.ok() && (!*there || **there == *text)) break;
    copy = first.string() + "." + std::to_string(i);
  }
  return copy;
}

Result<Json> KeepOriginal(const UserFile& file, const fs::path& copy, const std::string& wanted) {
  Json entry = Json::Object(
      {{"path", file.path.string()}, {"copy", ""}, {"sha256", HexEncode(Sha256(wanted))}});
  if (file.original) {
    RETURN_IF_ERROR(WriteFileDurably(copy, *file.original, 0600));
    entry["copy"] = copy.string();
  }
  return entry;
}

Status PutBack(const UserFile& file) {
  if (!file.current) {
    std::printf("%s has gone already\n", file.path.c_str());
    return Status::Ok();
  }
  if (!file.original) {
    if (::unlink(file.path.c_str()) != 0) return LastErrno("cannot remove " + file.path.string());
    std::printf("removed %s, which was not there before\n", file.path.c_str());
    return Status::Ok();
  }
  if (*file.original != *file.current) RETURN_IF_ERROR(WriteThrough(file.path, *file.original));
  std::printf(file.untouched ? "%s is as it was before\n"
                             : "%s was changed since: took out only what is ours\n",
              file.path.c_str());
  return Status::Ok();
}

}  // namespace sagebrush::apps
