// SPDX-License-Identifier: Apache-2.0
// Records that are asked for again and again, kept as they were read: the lookup and the parsing of a small document are
// a third of a Describe's CPU, and what a client waits for it asks for all the time. What is kept is never older than the
// database: a change forgets its records before it begins, and while one is under way nothing is taken. That holds because
// all changes of a database's records go through one store, in one process; another process may list them (`sagebrush gc`). Any thread may call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "metastore/record_store.h"

namespace sagebrush::metastore::internal {

class KeptRecords {
 public:
  // nullptr when it is not kept.
  std::shared_ptr<const Record> Find(const Key& key);

  // Reading from the database is Begin, the reading, Offer. The record is kept when it was offered not long ago already, is
  // not large, and nothing has changed since Begin.
  std::uint64_t Begin() const;
  void Offer(std::uint64_t began, const Record& record, std::size_t document_bytes);

  // Stands around a change of these records, whatever comes of it.
  class Change {
   public:
    Change(KeptRecords& kept, const std::vector<Write>& writes);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    KeptRecords& kept_;
  };

  // Of documents as JSON text, each with kEntryBytes for what is around it. In memory it is three times that for documents of
  // strings, twenty for lists of small numbers.
  static constexpr std::size_t kMostBytes = 2 << 20;
  static constexpr std::size_t kEntryBytes = 512;
  static constexpr std::size_t kLargestDocument = 32 << 10;

 private:
  struct Entry {
    std::shared_ptr<const Record> record;
    std::size_t bytes = 0;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  using Entries = std::list<Entry>;

  void Forget(Entries::iterator entry);

  mutable std::mutex mutex_;  // guards what follows
  Entries entries_;           // the last one asked for first
  std::unordered_map<Key, Entries::iterator, Hash> places_;
  std::size_t bytes_ = 0;
  std::array<std::size_t, 1024>
      offered_{};  // hashes of what was offered and not taken, each in its own place
  std::uint64_t changes_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace sagebrush::metastore::internal
