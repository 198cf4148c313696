// SPDX-License-Identifier: Apache-2.0
#include "metastore/internal/kept_records.h"

#include <functional>
#include <string>

namespace sagebrush::metastore::internal {

std::size_t KeptRecords::Hash::operator()(const Key& key) const {
  const std::hash<std::string> hash;
  return (hash(key.name) * 31 + hash(key.scope)) * 31 + hash(key.kind);
}

std::shared_ptr<const Record> KeptRecords::Find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->record;
}

std::uint64_t KeptRecords::Begin() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void KeptRecords::Offer(std::uint64_t began, const Record& record, std::size_t document_bytes) {
  if (document_bytes > kLargestDocument) return;
  const std::size_t hash = Hash()(record.key);
  {
    const std::lock_guard lock(mutex_);
    std::size_t& before = offered_[hash % offered_.size()];
    if (before != hash) {
      before = hash;
      return;
    }
  }
  auto copy = std::make_shared<const Record>(record);  // not under the lock

  const std::lock_guard lock(mutex_);
  if (under_way_ > 0 || changes_ != began || places_.contains(record.key)) return;
  entries_.push_front({.record = std::move(copy), .bytes = document_bytes + kEntryBytes});
  places_.emplace(record.key, entries_.begin());
  bytes_ += entries_.front().bytes;
  while (bytes_ > kMostBytes) Forget(std::prev(entries_.end()));
}

void KeptRecords::Forget(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  places_.erase(entry->record->key);
  entries_.erase(entry);
}

KeptRecords::Change::Change(KeptRecords& kept, const std::vector<Write>& writes) : kept_(kept) {
  const std::lock_guard lock(kept_.mutex_);
  for (const Write& write : writes)
    if (const auto place = kept_.places_.find(write.record.key); place != kept_.places_.end())
      kept_.Forget(place->second);
  ++kept_.changes_;
  ++kept_.under_way_;
}

KeptRecords::Change::~Change() {
  const std::lock_guard lock(kept_.mutex_);
  ++kept_.changes_;
  --kept_.under_way_;
}

}  // namespace sagebrush::metastore::internal
