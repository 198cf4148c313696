// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/changed_records.h"

#include <algorithm>
#include <utility>

#include "orchestrator/controller.h"

namespace sagebrush::orchestrator {

using metastore::Key;
using metastore::Record;

ChangedRecords::ChangedRecords(metastore::RecordStore& records, std::string kind,
                               std::vector<std::string> statuses)
    : records_(records),
      kind_(std::move(kind)),
      statuses_(std::move(statuses)),
      subscription_(
          records.watch().SubscribeToKind(kind_, [this](const Key& key) { Again(key); })) {}

void ChangedRecords::Again(const Key& key) {
  const std::lock_guard lock(mutex_);
  changed_.insert(key);
}

Result<std::map<Key, std::optional<Record>>> ChangedRecords::Take() {
  std::set<Key> keys;
  {
    const std::lock_guard lock(mutex_);
    keys.swap(changed_);
  }
  auto taken = Read(keys);
  if (taken.ok()) {
    listed_ = true;
    return taken;
  }
  const std::lock_guard lock(mutex_);
  changed_.merge(keys);
  return taken;
}

Result<std::map<Key, std::optional<Record>>> ChangedRecords::Read(const std::set<Key>& keys) const {
  std::map<Key, std::optional<Record>> found;
  if (!listed_) {
    ASSIGN_OR_RETURN(auto all, ListAll(records_, kind_, statuses_));
    for (auto& record : all) {
      Key key = record.key;
      found.emplace(std::move(key), std::move(record));
    }
    return found;
  }
  for (const Key& key : keys) {
    auto record = records_.Get(key);
    if (!record.ok() && record.status().code() != Code::kNotFound) return record.status();
    const bool is_unfinished = record.ok() && std::find(statuses_.begin(), statuses_.end(),
                                                        record->status) != statuses_.end();
    found.emplace(key, is_unfinished ? std::optional(std::move(*record)) : std::nullopt);
  }
  return found;
}

}  // namespace sagebrush::orchestrator
