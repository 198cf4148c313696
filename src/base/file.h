// SPDX-License-Identifier: Apache-2.0
// Files and folders, with the durable forms spelled out. Paths are std::filesystem::path; errors carry the path.
// Functions may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush {

namespace fs = std::filesystem;

Result<std::string> ReadFile(const fs::path& path);
// Replaces the file's whole content; not durable. The mode is for a new file.
Status WriteFile(const fs::path& path, std::string_view content, unsigned mode = 0644);
// Readers see the old content or the new, also after a power cut: temporary file, fsync, rename, fsync of the folder.
Status WriteFileDurably(const fs::path& path, std::string_view content, unsigned mode = 0644);

Result<UniqueFd> OpenFile(const fs::path& path, int flags,
                          unsigned mode = 0644);  // O_CLOEXEC is added
Status WriteAll(int fd, std::string_view data);
// Fills up to `size` bytes; fewer only at the end of the file.
Result<std::size_t> ReadAt(int fd, std::uint64_t offset, char* data, std::size_t size);
Status SyncFile(int fd);
Status SyncFolder(const fs::path& folder);

Status MakeFolders(const fs::path& folder, unsigned mode = 0755);
// Returns once the names of all that it made, and the folder's own in any case, would survive a power cut. For what is kept.
Status MakeFoldersDurably(const fs::path& folder, unsigned mode = 0755);
Status RemoveTree(const fs::path& path);  // not being there is fine

// An exclusive lock held as long as the object lives; kFailedPrecondition if another process holds it.
class FileLock {
 public:
  static Result<FileLock> Acquire(const fs::path& path);
  // Whether some process holds it now.
  static bool IsHeld(const fs::path& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// A fresh folder, removed with all it holds at the end.
class TempFolder {
 public:
  static Result<TempFolder> Create(std::string_view prefix = "sagebrush");
  TempFolder(TempFolder&&) = default;
  TempFolder& operator=(TempFolder&&) = default;
  ~TempFolder();
  const fs::path& path() const { return path_; }

 private:
  explicit TempFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

}  // namespace sagebrush
