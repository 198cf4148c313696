// SPDX-License-Identifier: Apache-2.0
#include "base/archive.h"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <vector>

#include "base/file.h"

namespace sagebrush {

namespace {

struct FreeReader {
  void operator()(archive* a) const { archive_read_free(a); }
};
struct FreeWriter {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};
using Reader = std::unique_ptr<archive, FreeReader>;
using Writer = std::unique_ptr<archive, FreeWriter>;
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

std::string Error(archive* a) {
  const char* text = archive_error_string(a);
  return text != nullptr ? text : "unknown error";
}

// Whether a name stays below the folder it is unpacked in.
bool StaysInside(const fs::path& name) {
  if (name.is_absolute()) return false;
  return std::none_of(name.begin(), name.end(), [](const fs::path& part) { return part == ".."; });
}

// What SDK v2 repacks has an entry "/" for the folder itself: tarfile's add(folder, arcname="/") (sagemaker/utils.py,
// repack_model). Every tar takes it for ".".
void NameFolderItself(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (name != nullptr && std::string_view(name) == "/" && archive_entry_filetype(entry) == AE_IFDIR)
    archive_entry_set_pathname(entry, "./");
}

Status CheckEntry(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr || !StaysInside(name))
    return InvalidArgument("the archive holds a path that leaves its folder: " +
                           std::string(name != nullptr ? name : "(none)"));
  const auto type = archive_entry_filetype(entry);
  const char* link = archive_entry_hardlink(entry);
  if (link != nullptr && !StaysInside(link))
    return InvalidArgument("the archive holds a link that leaves its folder: " + std::string(name));
  if (type == AE_IFLNK) {
    const char* target = archive_entry_symlink(entry);
    const fs::path resolved =
        (fs::path(name).parent_path() / (target != nullptr ? target : "")).lexically_normal();
    if (target == nullptr || fs::path(target).is_absolute() || !StaysInside(resolved))
      return InvalidArgument("the archive holds a link that leaves its folder: " +
                             std::string(name));
  } else if (link == nullptr && type != AE_IFREG && type != AE_IFDIR) {
    return InvalidArgument("the archive holds a device, socket or fifo: " + std::string(name));
  }
  return Status::Ok();
}

// A bomb is stopped while there is room left for others: the disk is not the archive's alone.
constexpr std::uint64_t kRoomStep = 8 << 20;
constexpr std::uint64_t kLeastFree = 64 << 20;

Status CheckRoom(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || space.available >= std::min(kLeastFree, std::uint64_t{space.capacity} / 20))
    return Status::Ok();
  return ResourceExhausted(
      "the archive unpacks to more than the disk has room for (free some space there, and try "
      "again)");
}

Status CopyData(archive* from, archive* to, const fs::path& folder, std::uint64_t* bytes_left) {
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  while (true) {
    const int code = archive_read_data_block(from, &block, &size, &offset);
    if (code == ARCHIVE_EOF) return Status::Ok();
    if (code < ARCHIVE_WARN) return InvalidArgument("broken archive: " + Error(from));
    if (size > *bytes_left) return InvalidArgument("the archive unpacks to more than is allowed");
    if (*bytes_left / kRoomStep != (*bytes_left - size) / kRoomStep)
      RETURN_IF_ERROR(CheckRoom(folder));
    *bytes_left -= size;
    if (archive_write_data_block(to, block, size, offset) < ARCHIVE_WARN)
      return ErrnoStatus(archive_errno(to), "cannot unpack");
  }
}

Status AddFile(archive* out, const fs::path& root, const fs::path& relative) {
  const fs::path full = root / relative;
  struct stat info {};
  if (::lstat(full.c_str(), &info) != 0) return LastErrno("cannot look at " + full.string());
  const bool wanted = S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) || S_ISLNK(info.st_mode);
  if (!wanted) return Status::Ok();
  const Entry entry(archive_entry_new());
  archive_entry_copy_stat(entry.get(), &info);
  archive_entry_set_pathname(entry.get(), relative.c_str());
  archive_entry_set_uid(entry.get(), 0);
  archive_entry_set_gid(entry.get(), 0);
  if (S_ISLNK(info.st_mode)) {
    std::error_code error;
    archive_entry_set_symlink(entry.get(), fs::read_symlink(full, error).c_str());
  }
  if (archive_write_header(out, entry.get()) < ARCHIVE_WARN)
    return ErrnoStatus(archive_errno(out), "cannot pack " + full.string());
  if (!S_ISREG(info.st_mode)) return Status::Ok();
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(full, O_RDONLY | O_NOFOLLOW));
  std::vector<char> buffer(256 << 10);
  for (std::uint64_t offset = 0;;) {
    ASSIGN_OR_RETURN(const std::size_t count,
                     ReadAt(fd.get(), offset, buffer.data(), buffer.size()));
    if (count == 0) return Status::Ok();
    if (archive_write_data(out, buffer.data(), count) < 0)
      return ErrnoStatus(archive_errno(out), "cannot pack " + full.string());
    offset += count;
  }
}

}  // namespace

Status UnpackArchive(const fs::path& path, const fs::path& folder, const UnpackLimits& limits) {
  const Reader in(archive_read_new());
  archive_read_support_format_tar(in.get());
  archive_read_support_filter_gzip(in.get());
  if (archive_read_open_filename(in.get(), path.c_str(), 256 << 10) != ARCHIVE_OK)
    return InvalidArgument("not a tar archive: " + Error(in.get()));
  const Writer out(archive_write_disk_new());
  archive_write_disk_set_options(
      out.get(), ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                     ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_UNLINK);
  std::uint64_t bytes_left = limits.max_bytes;
  std::uint64_t entries = 0;
  while (true) {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(in.get(), &entry);
    if (code == ARCHIVE_EOF) break;
    if (code < ARCHIVE_WARN) return InvalidArgument("broken archive: " + Error(in.get()));
    if (++entries > limits.max_entries) return InvalidArgument("the archive holds too many files");
    NameFolderItself(entry);
    RETURN_IF_ERROR(CheckEntry(entry));
    const std::string name = archive_entry_pathname(entry);
    // Set-user-id and the like mean nothing here; what is unpacked must stay readable and removable.
    const unsigned least = archive_entry_filetype(entry) == AE_IFDIR ? 0700U : 0600U;
    archive_entry_set_perm(entry, static_cast<mode_t>((archive_entry_perm(entry) & 0777) | least));
    archive_entry_set_pathname(entry, (folder / name).c_str());
    if (const char* link = archive_entry_hardlink(entry))
      archive_entry_set_hardlink(entry, (folder / link).c_str());
    if (archive_write_header(out.get(), entry) < ARCHIVE_WARN)
      return ErrnoStatus(archive_errno(out.get()),
                         "cannot unpack " + name + " (" + Error(out.get()) + ")");
    if (archive_entry_size(entry) > 0 || archive_entry_size_is_set(entry) == 0)
      RETURN_IF_ERROR(CopyData(in.get(), out.get(), folder, &bytes_left));
    if (archive_write_finish_entry(out.get()) < ARCHIVE_WARN)
      return ErrnoStatus(archive_errno(out.get()),
                         "cannot unpack " + name + " (" + Error(out.get()) + ")");
  }
  if (archive_write_close(out.get()) < ARCHIVE_WARN)
    return ErrnoStatus(archive_errno(out.get()), "cannot unpack");
  return Status::Ok();
}

Status PackArchive(const fs::path& folder, const fs::path& path) {
  std::vector<fs::path> names;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error))
    names.push_back(it->path().lexically_relative(folder));
  if (error) return ErrnoStatus(error.value(), "cannot read " + folder.string());
  std::sort(names.begin(), names.end());

  const Writer out(archive_write_new());
  archive_write_set_format_pax_restricted(out.get());
  archive_write_add_filter_gzip(out.get());
  // A model is packed while its user waits: gzip's fastest level costs a tenth of the time for a few per cent of size.
  archive_write_set_filter_option(out.get(), "gzip", "compression-level", "1");
  if (archive_write_open_filename(out.get(), path.c_str()) != ARCHIVE_OK)
    return ErrnoStatus(archive_errno(out.get()), "cannot write " + path.string());
  for (const auto& name : names) RETURN_IF_ERROR(AddFile(out.get(), folder, name));
  if (archive_write_close(out.get()) < ARCHIVE_WARN)
    return ErrnoStatus(archive_errno(out.get()), "cannot write " + path.string());
  return Status::Ok();
}

}  // namespace sagebrush
