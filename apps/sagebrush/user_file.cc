// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/user_file.h"

#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/id.h"

namespace sagebrush::apps {

namespace {

// Where the path leads: a file that is a link elsewhere stays one.
fs::path Target(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? path : target;
}

// Before anybody can find it: whose it is comes first, for a change of owner takes set-id bits away.
Status Become(int fd, const struct stat& old, const fs::path& path) {
  struct stat made {};
  if (::fstat(fd, &made) != 0) return LastErrno("cannot look at " + path.string());
  if ((made.st_uid != old.st_uid || made.st_gid != old.st_gid) &&
      ::fchown(fd, old.st_uid, old.st_gid) != 0)
    return LastErrno("cannot write " + path.string() + " as its owner's");
  if (::fchmod(fd, old.st_mode & 07777) != 0)
    return LastErrno("cannot keep the mode of " + path.string());
  return Status::Ok();
}

// As WriteFileDurably, but owner and mode are exactly those of the file that it replaces.
Status Replace(const fs::path& path, const struct stat& old, const std::string& text) {
  const fs::path temporary = path.string() + ".tmp-" + NewId(8);
  const auto write = [&]() -> Status {
    ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600));
    RETURN_IF_ERROR(Become(fd.get(), old, path));
    RETURN_IF_ERROR(WriteAll(fd.get(), text).WithContext(path.string()));
    RETURN_IF_ERROR(SyncFile(fd.get()).WithContext(path.string()));
    if (::rename(temporary.c_str(), path.c_str()) != 0)
      return LastErrno("cannot rename to " + path.string());
    return SyncFolder(path.parent_path());
  };
  const Status status = write();
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
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
  struct stat old {};
  if (::stat(target.c_str(), &old) == 0) return Replace(target, old, text);
  RETURN_IF_ERROR(MakeFolders(target.parent_path(), 0700));
  return WriteFileDurably(target, text, 0600);
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
