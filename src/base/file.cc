// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "base/id.h"

namespace sagebrush {

namespace {

constexpr int kLockAttempts = 5;
constexpr std::chrono::milliseconds kLockPause{5};

}  // namespace

void UniqueFd::Reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<UniqueFd> OpenFile(const fs::path& path, int flags, unsigned mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return LastErrno("cannot open " + path.string());
  return UniqueFd(fd);
}

Result<std::string> ReadFile(const fs::path& path) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(path, O_RDONLY));
  std::string content;
  char buffer[64 << 10];
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return LastErrno("cannot read " + path.string());
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
  }
}

Status WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return LastErrno("cannot write");
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return Status::Ok();
}

Status WriteFile(const fs::path& path, std::string_view content, unsigned mode) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  return WriteAll(fd.get(), content).WithContext(path.string());
}

Status WriteFileDurably(const fs::path& path, std::string_view content, unsigned mode) {
  const fs::path temporary = path.string() + ".tmp-" + NewId(8);
  const auto write = [&]() -> Status {
    ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
    RETURN_IF_ERROR(WriteAll(fd.get(), content).WithContext(path.string()));
    RETURN_IF_ERROR(SyncFile(fd.get()).WithContext(path.string()));
    if (::rename(temporary.c_str(), path.c_str()) != 0)
      return LastErrno("cannot rename to " + path.string());
    return SyncFolder(path.parent_path());
  };
  const Status status = write();
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

Result<std::size_t> ReadAt(int fd, std::uint64_t offset, char* data, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(fd, data + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return LastErrno("cannot read");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

Status SyncFile(int fd) {
  if (::fsync(fd) != 0) return LastErrno("cannot sync");
  return Status::Ok();
}

Status SyncFolder(const fs::path& folder) {
  ASSIGN_OR_RETURN(const UniqueFd fd,
                   OpenFile(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY));
  return SyncFile(fd.get()).WithContext(folder.string());
}

Status MakeFolders(const fs::path& folder, unsigned mode) {
  if (folder.empty() || fs::is_directory(folder)) return Status::Ok();
  RETURN_IF_ERROR(MakeFolders(folder.parent_path(), mode));
  if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST)
    return LastErrno("cannot make folder " + folder.string());
  return Status::Ok();
}

Status MakeFoldersDurably(const fs::path& folder, unsigned mode) {
  if (folder.empty()) return Status::Ok();
  const fs::path parent = folder.parent_path();
  if (!fs::is_directory(folder)) {
    RETURN_IF_ERROR(MakeFoldersDurably(parent, mode));
    if (::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST)
      return LastErrno("cannot make folder " + folder.string());
    return SyncFolder(parent);
  }
  // Whoever made it may have died before this sync. A parent that we may not read is not ours, and
  // older than we are.
  Status synced = SyncFolder(parent);
  return synced.code() == Code::kPermissionDenied ? Status::Ok() : synced;
}

Status RemoveTree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return ErrnoStatus(error.value(), "cannot remove " + path.string());
  return Status::Ok();
}

Result<FileLock> FileLock::Acquire(const fs::path& path) {
  ASSIGN_OR_RETURN(UniqueFd fd, OpenFile(path, O_RDWR | O_CREAT, 0600));
  // Someone who only asks (IsHeld) has a share in it for a moment: that is no holder.
  for (int attempt = 1; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++attempt) {
    if (errno != EWOULDBLOCK) return LastErrno("cannot lock " + path.string());
    if (attempt == kLockAttempts)
      return FailedPrecondition("another process holds " + path.string());
    std::this_thread::sleep_for(kLockPause);
  }
  return FileLock(std::move(fd));
}

bool FileLock::IsHeld(const fs::path& path) {
  const auto fd = OpenFile(path, O_RDONLY);
  return fd.ok() && ::flock(fd->get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Result<TempFolder> TempFolder::Create(std::string_view prefix) {
  std::error_code error;
  const fs::path base = fs::temp_directory_path(error);
  std::string name = (base / (std::string(prefix) + "-XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr)
    return LastErrno("cannot make a folder in " + base.string());
  return TempFolder(name);
}

TempFolder::~TempFolder() {
  if (!path_.empty()) {
    std::error_code ignored;  // a test's left-over is no reason to fail
    fs::remove_all(path_, ignored);
  }
}

}  // namespace sagebrush
