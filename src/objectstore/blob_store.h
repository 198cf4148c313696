// SPDX-License-Identifier: Apache-2.0
// A BlobStore keeps the bytes of large objects and parts. It knows nothing of buckets, keys or ETags: the index above it
// gives blobs their names and meaning, and asks for the removal of those that have none.
//
// A blob never changes once Commit has returned OK, so readers take no lock and see all of it or nothing.
// Every method of a BlobStore may be called from any thread; a writer or a reader belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sagebrush::objectstore {

using BlobId = std::string;  // lower-case letters and digits; chosen by the store

// Receives the bytes of one new blob. Destroying a writer that was not committed removes whatever it had written.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;

  // After the first failure every later call fails with the same status, so a caller may check only the last one.
  virtual Status Append(std::string_view data) = 0;

  // Makes the blob durable and visible. Returns only once the bytes and the blob's name would survive a power cut.
  virtual Result<BlobId> Commit() = 0;
};

// One blob, open. Its bytes stay readable after the blob was removed.
class BlobReader {
 public:
  virtual ~BlobReader() = default;

  // Reads up to `size` bytes and returns how many; fewer than asked means the blob ends there.
  virtual Result<std::size_t> Read(std::uint64_t offset, char* data, std::size_t size) = 0;

  // A descriptor of a file that holds exactly the blob's bytes, if there is one. Borrowed.
  virtual std::optional<int> fd() const = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual Result<std::unique_ptr<BlobWriter>> NewWriter() = 0;
  // kNotFound if there is no such blob.
  virtual Result<std::unique_ptr<BlobReader>> Open(const BlobId& id) = 0;

  // Removing a blob that does not exist is not an error: removal is retried after a crash.
  virtual Status Remove(const BlobId& id) = 0;

  // All committed blobs, in no order.
  virtual Result<std::vector<BlobId>> List() = 0;
};

// Files under `folder`; what a crash left half written is removed. docs/formats/objects.md has the layout.
Result<std::unique_ptr<BlobStore>> OpenFileBlobStore(const std::filesystem::path& folder);

// In memory, for tests and for stores that need not last.
std::unique_ptr<BlobStore> NewMemoryBlobStore();

}  // namespace sagebrush::objectstore
