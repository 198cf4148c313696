// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/pins.h"

#include "base/log.h"

namespace sagebrush::objectstore::internal {

void BlobPins::Pin(const std::vector<BlobId>& ids) {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids) ++pinned_[id].readers;
}

void BlobPins::Unpin(const std::vector<BlobId>& ids) {
  std::vector<BlobId> doomed;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& id : ids) {
      const auto found = pinned_.find(id);
      if (--found->second.readers > 0) continue;
      if (found->second.is_doomed) doomed.push_back(id);
      pinned_.erase(found);
    }
  }
  for (const auto& id : doomed) RemoveNow(id);
}

void BlobPins::Remove(const std::vector<BlobId>& ids) {
  std::vector<BlobId> unread;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& id : ids) {
      const auto found = pinned_.find(id);
      if (found == pinned_.end()) {
        unread.push_back(id);
      } else {
        found->second.is_doomed = true;
      }
    }
  }
  for (const auto& id : unread) RemoveNow(id);
}

void BlobPins::RemoveNow(const BlobId& id) {
  const Status removed = store_.Remove(id);
  if (!removed.ok())
    LogWarning("objectstore", removed.ToString() + " (the next start tries again)");
}

}  // namespace sagebrush::objectstore::internal
