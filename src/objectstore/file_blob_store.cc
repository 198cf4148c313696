// SPDX-License-Identifier: Apache-2.0
// Blobs as immutable files: blobs/ab/<id>, where "ab" are the id's first two characters; unfinished ones are tmp/<id>.
//
// Commit's order, and what a crash after each step leaves (nothing refers to the blob before Commit returned):
//   1 write to tmp/<id>       a file in tmp/, emptied by OpenFileBlobStore
//   2 fdatasync               the same
//   3 make blobs/ab, fsync of blobs/ (first blob of that folder only)   an empty folder, used later
//   4 rename to blobs/ab/<id> a blob without reference, removed by ObjectStore::Open
//   5 fsync of blobs/ab       the same
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "objectstore/blob_store.h"

namespace sagebrush::objectstore {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdCharacters = 26;  // 130 bits: two never meet
constexpr std::size_t kPrefix = 2;

Result<std::vector<std::string>> NamesIn(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator it(folder, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error))
    names.push_back(it->path().filename().string());
  if (error) return Internal("cannot list " + folder.string() + ": " + error.message());
  return names;
}

bool IsId(std::string_view name) {
  if (name.size() != kIdCharacters) return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return false;
  return true;
}

class FileBlobReader final : public BlobReader {
 public:
  explicit FileBlobReader(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<std::size_t> Read(std::uint64_t offset, char* data, std::size_t size) override {
    return ReadAt(fd_.get(), offset, data, size);
  }
  std::optional<int> fd() const override { return fd_.get(); }

 private:
  UniqueFd fd_;
};

class FileBlobStore final : public BlobStore {
 public:
  explicit FileBlobStore(fs::path folder) : folder_(std::move(folder)) {}

  Status Recover() {
    RETURN_IF_ERROR(MakeFolders(folder_));
    RETURN_IF_ERROR(RemoveTree(tmp()));
    RETURN_IF_ERROR(MakeFolders(tmp()));
    ASSIGN_OR_RETURN(const auto names, NamesIn(folder_));
    for (const auto& name : names)
      if (name.size() == kPrefix) durable_folders_.insert(name);
    RETURN_IF_ERROR(SyncFolder(
        folder_));  // folders a crash left between mkdir and its fsync are durable from here on
    return SyncFolder(folder_.parent_path().empty() ? fs::path(".") : folder_.parent_path());
  }

  Result<std::unique_ptr<BlobWriter>> NewWriter() override;

  Result<std::unique_ptr<BlobReader>> Open(const BlobId& id) override {
    if (!IsId(id)) return NotFound("no blob '" + id + "'");
    auto fd = OpenFile(PathOf(id), O_RDONLY);
    if (!fd.ok()) return fd.status();
    return std::unique_ptr<BlobReader>(std::make_unique<FileBlobReader>(std::move(fd).value()));
  }

  Status Remove(const BlobId& id) override {
    if (!IsId(id)) return Status::Ok();
    // Not synced: a blob that comes back after a power cut has no reference, and the next Open removes it again.
    if (::unlink(PathOf(id).c_str()) != 0 && errno != ENOENT)
      return LastErrno("cannot remove " + PathOf(id).string());
    return Status::Ok();
  }

  Result<std::vector<BlobId>> List() override {
    std::vector<BlobId> ids;
    ASSIGN_OR_RETURN(const auto folders, NamesIn(folder_));
    for (const auto& folder : folders) {
      if (folder.size() != kPrefix) continue;
      ASSIGN_OR_RETURN(auto names, NamesIn(folder_ / folder));
      for (auto& name : names)
        if (IsId(name)) ids.push_back(std::move(name));
    }
    return ids;
  }

  Status Publish(const BlobId& id) {
    const std::string prefix = id.substr(0, kPrefix);
    RETURN_IF_ERROR(MakeDurableFolder(prefix));
    if (::rename(TmpPathOf(id).c_str(), PathOf(id).c_str()) != 0)
      return LastErrno("cannot rename " + TmpPathOf(id).string() + " to " + PathOf(id).string());
    return SyncFolder(folder_ / prefix);
  }

  fs::path tmp() const { return folder_ / "tmp"; }
  fs::path TmpPathOf(const BlobId& id) const { return tmp() / id; }
  fs::path PathOf(const BlobId& id) const { return folder_ / id.substr(0, kPrefix) / id; }

 private:
  Status MakeDurableFolder(const std::string& prefix) {
    const std::lock_guard lock(mutex_);
    if (durable_folders_.contains(prefix)) return Status::Ok();
    RETURN_IF_ERROR(MakeFolders(folder_ / prefix));
    RETURN_IF_ERROR(SyncFolder(folder_));
    durable_folders_.insert(prefix);
    return Status::Ok();
  }

  const fs::path folder_;
  std::mutex
      mutex_;  // guards durable_folders_, and that nobody uses a folder before its name is synced
  std::set<std::string> durable_folders_;
};

class FileBlobWriter final : public BlobWriter {
 public:
  FileBlobWriter(FileBlobStore& store, BlobId id, UniqueFd fd)
      : store_(store), id_(std::move(id)), fd_(std::move(fd)) {}

  ~FileBlobWriter() override {
    if (published_) return;
    fd_.Reset();
    if (::unlink(store_.TmpPathOf(id_).c_str()) != 0 && errno != ENOENT)
      LogWarning("objectstore",
                 LastErrno("cannot remove " + store_.TmpPathOf(id_).string()).ToString() +
                     " (it will be removed at the next start)");
  }

  Status Append(std::string_view data) override {
    if (status_.ok()) status_ = WriteAll(fd_.get(), data);
    return status_;
  }

  Result<BlobId> Commit() override {
    if (status_.ok()) status_ = SyncFile(fd_.get());
    if (status_.ok()) status_ = store_.Publish(id_);
    if (!status_.ok()) return status_;
    published_ = true;
    fd_.Reset();
    return id_;
  }

 private:
  FileBlobStore& store_;
  const BlobId id_;
  UniqueFd fd_;
  Status status_;
  bool published_ = false;
};

Result<std::unique_ptr<BlobWriter>> FileBlobStore::NewWriter() {
  BlobId id = NewId(kIdCharacters);
  ASSIGN_OR_RETURN(auto fd, OpenFile(TmpPathOf(id), O_WRONLY | O_CREAT | O_EXCL, 0600));
  return std::unique_ptr<BlobWriter>(
      std::make_unique<FileBlobWriter>(*this, std::move(id), std::move(fd)));
}

}  // namespace

Result<std::unique_ptr<BlobStore>> OpenFileBlobStore(const std::filesystem::path& folder) {
  auto store = std::make_unique<FileBlobStore>(folder);
  RETURN_IF_ERROR(store->Recover());
  return std::unique_ptr<BlobStore>(std::move(store));
}

}  // namespace sagebrush::objectstore
