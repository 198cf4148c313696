// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/package_store.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"

namespace sagebrush::orchestrator {

namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::string_view kHalf = ".half";
constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kBetweenChecks = 4 * kMiB;  // of the disk's room

// What objects leave of the disk for deletions, records and logs, packages leave too (objectstore/internal/disk_room.h).
std::uint64_t ReserveOf(std::uint64_t capacity) {
  return std::clamp(capacity / 50, 4 * kMiB, 256 * kMiB);
}

fs::space_info SpaceOf(const fs::path& folder) {
  std::error_code error;
  return fs::space(folder, error);  // all ones on an error: who cannot be asked cannot refuse
}

bool IsKey(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool IsAccount(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

template <typename Wanted>
void RemoveFiles(const fs::path& folder, Wanted wanted) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    if (entry->is_regular_file(gone) && wanted(*entry)) fs::remove(entry->path(), gone);
  }
  if (error) LogWarning("packages", "cannot look through " + folder.string());
}

}  // namespace

Result<PackageStore> PackageStore::Open(const fs::path& folder) { return Open(folder, Bounds()); }

Result<PackageStore> PackageStore::Open(const fs::path& folder, Bounds bounds) {
  RETURN_IF_ERROR(MakeFolders(folder, 0700));
  RemoveFiles(folder, [](const fs::directory_entry& file) {
    return file.path().native().ends_with(kHalf);
  });
  if (!bounds.free_space) bounds.free_space = SpaceOf;
  PackageStore store(folder, std::move(bounds));
  store.RemoveOldest();
  return store;
}

Status PackageStore::CheckRoom() const {
  const fs::space_info space = bounds_.free_space(folder_);
  if (space.available >= ReserveOf(space.capacity) + kBetweenChecks) return Status::Ok();
  return ResourceExhausted("the disk of the data folder is full: packages are not cached");
}

Status PackageStore::Copy(const Source& source, std::uint64_t limit, int file) const {
  std::string piece(kPiece, '\0');
  std::uint64_t total = 0;
  for (std::uint64_t next_check = 0;;) {
    ASSIGN_OR_RETURN(const std::size_t got, source(piece.data(), piece.size()));
    if (got == 0) return Status::Ok();
    total += got;
    if (total > limit)
      return ResourceExhausted("more than " + std::to_string(limit / kMiB) + " MiB are not cached");
    if (total > next_check) {
      RETURN_IF_ERROR(CheckRoom());
      next_check = total + kBetweenChecks - kPiece;
    }
    RETURN_IF_ERROR(WriteAll(file, std::string_view(piece).substr(0, got)));
  }
}

void PackageStore::RemoveOldest() const {
  struct Kept {
    fs::file_time_type used;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<Kept> all;
  std::uint64_t total = 0;
  RemoveFiles(folder_, [&](const fs::directory_entry& file) {
    std::error_code error;
    if (file.path().native().ends_with(kHalf)) return false;  // somebody writes it
    Kept kept{.used = file.last_write_time(error), .size = 0, .path = file.path()};
    if (!error) kept.size = file.file_size(error);
    if (error) return false;  // it has just gone
    total += kept.size;
    all.push_back(std::move(kept));
    return false;
  });
  std::ranges::sort(all, {}, &Kept::used);
  for (std::size_t i = 0; i < all.size() && total > bounds_.total; ++i) {
    std::error_code gone;
    fs::remove(all[i].path, gone);
    total -= all[i].size;
  }
}

Result<fs::path> PackageStore::PathOf(std::string_view account, std::string_view key) const {
  if (!IsKey(key) || !IsAccount(account)) return InvalidArgument("not a key of packages");
  return folder_ / account / (std::string(key) + ".tar.gz");
}

Result<PackageStore::Archive> PackageStore::Find(std::string_view account,
                                                 std::string_view key) const {
  ASSIGN_OR_RETURN(const fs::path path, PathOf(account, key));
  ASSIGN_OR_RETURN(UniqueFd file, OpenFile(path, O_RDONLY));
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return LastErrno(path.string());
  if (::futimens(file.get(), nullptr) != 0)  // its last use, for RemoveOldest and `sagebrush gc`
    LogDebug("packages", LastErrno("cannot note a use").ToString());
  return Archive{.file = std::move(file), .size = static_cast<std::uint64_t>(about.st_size)};
}

Status PackageStore::Store(std::string_view account, std::string_view key, const Source& source,
                           std::uint64_t limit) const {
  ASSIGN_OR_RETURN(const fs::path path, PathOf(account, key));
  RETURN_IF_ERROR(MakeFolders(path.parent_path(), 0700));
  const fs::path half = path.parent_path() / (NewId(16) + std::string(kHalf));
  Status stored;
  {
    ASSIGN_OR_RETURN(const UniqueFd file, OpenFile(half, O_WRONLY | O_CREAT | O_EXCL, 0600));
    stored = Copy(source, limit, file.get());
    if (stored.ok()) stored = SyncFile(file.get());
  }
  // A link does not replace what another job has put there meanwhile.
  if (stored.ok() && ::link(half.c_str(), path.c_str()) != 0 && errno != EEXIST)
    stored = LastErrno("cannot keep " + path.string());
  RemoveOldest();
  std::error_code gone;
  fs::remove(half, gone);
  return stored;
}

}  // namespace sagebrush::orchestrator
