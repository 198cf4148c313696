// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

#include "base/file.h"
#include "orchestrator/backends/process/in_child.h"

namespace sagebrush::orchestrator {

namespace fs = std::filesystem;

namespace {

Status BindEntry(const fs::directory_entry& entry, const fs::path& target) {
  std::error_code error;
  if (entry.is_symlink(error)) {
    fs::copy_symlink(entry.path(), target, error);
    return error ? ErrnoStatus(error.value(), "cannot make " + target.string()) : Status::Ok();
  }
  if (entry.is_directory(error)) {
    RETURN_IF_ERROR(MakeFolders(target));
  } else {
    RETURN_IF_ERROR(WriteFile(target, ""));
  }
  return MountAt(entry.path(), target, nullptr, MS_BIND | MS_REC);
}

// A folder in memory over this one, with all of its entries.
Status Cover(const fs::path& folder) {
  ASSIGN_OR_RETURN(const UniqueFd below, OpenFile(folder, O_PATH | O_DIRECTORY));
  RETURN_IF_ERROR(MountAt("sagebrush", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"));
  const fs::path covered = "/proc/self/fd/" + std::to_string(below.get());  // its path leads above
  std::error_code error;
  for (auto it = fs::directory_iterator(covered, error); !error && it != fs::directory_iterator();
       it.increment(error))
    RETURN_IF_ERROR(BindEntry(*it, folder / it->path().filename()));
  return error ? ErrnoStatus(error.value(), "cannot read " + folder.string()) : Status::Ok();
}

}  // namespace

Status MountAt(const fs::path& source, const fs::path& target, const char* type,
               unsigned long flags, const char* data) {
  if (::mount(source.c_str(), target.c_str(), type, flags, data) != 0)
    return LastErrno("cannot mount " + target.string());
  return Status::Ok();
}

Status EnterMountNamespace() {
  if (::unshare(CLONE_NEWNS) != 0) return LastErrno("cannot make a mount namespace");
  return MountAt("none", "/", nullptr, MS_REC | MS_PRIVATE);
}

Status BindFolder(const fs::path& source, const fs::path& target) {
  std::error_code error;
  if (!fs::is_directory(target, error)) {
    RETURN_IF_ERROR(Cover(target.parent_path()));
    RETURN_IF_ERROR(MakeFolders(target));
  }
  return MountAt(source, target, nullptr, MS_BIND);
}

bool CanBindFolder(const fs::path& target) {
  return InChild(
      [&] { return EnterMountNamespace().ok() && BindFolder(target.root_path(), target).ok(); });
}

}  // namespace sagebrush::orchestrator
