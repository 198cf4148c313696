// SPDX-License-Identifier: Apache-2.0
// Who is reading which blob. A blob that lost its last reference while somebody reads it is removed when the last reader is
// done; a crash before that leaves it to ObjectStore::Open. All methods may be called from any thread.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "objectstore/blob_store.h"

namespace sagebrush::objectstore::internal {

class BlobPins {
 public:
  explicit BlobPins(BlobStore& store) : store_(store) {}

  void Pin(const std::vector<BlobId>& ids);
  void Unpin(const std::vector<BlobId>& ids);
  // Now, or when its last reader is done. Failures are logged: the next Open tries again.
  void Remove(const std::vector<BlobId>& ids);

 private:
  struct State {
    int readers = 0;
    bool is_doomed = false;
  };
  void RemoveNow(const BlobId& id);

  BlobStore& store_;
  std::mutex mutex_;  // guards pinned_
  std::map<BlobId, State> pinned_;
};

}  // namespace sagebrush::objectstore::internal
