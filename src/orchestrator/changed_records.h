// SPDX-License-Identifier: Apache-2.0
// What the reconcile loop reads instead of everything: all unfinished records of a kind the first time, then only those that
// have changed since. A queue of a thousand jobs is so read once, not with every pass. The loop's thread alone calls.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "metastore/record_store.h"

namespace sagebrush::orchestrator {

class ChangedRecords {
 public:
  // Unfinished is a record with one of these statuses. The store is borrowed.
  ChangedRecords(metastore::RecordStore& records, std::string kind,
                 std::vector<std::string> statuses);

  // By key: the record as it stands; nothing when it is finished or gone. What is committed before the call is in it. After a
  // failure the next call tells the same and more.
  Result<std::map<metastore::Key, std::optional<metastore::Record>>> Take();
  // The next Take() reads this record, whether or not it changes meanwhile: what was read of it did not hold.
  void Again(const metastore::Key& key);

 private:
  Result<std::map<metastore::Key, std::optional<metastore::Record>>> Read(
      const std::set<metastore::Key>& keys) const;

  metastore::RecordStore& records_;
  const std::string kind_;
  const std::vector<std::string> statuses_;
  bool listed_ = false;
  std::mutex mutex_;  // guards changed_, which whoever commits fills
  std::set<metastore::Key> changed_;
  const std::unique_ptr<metastore::RecordWatch::KindSubscription> subscription_;  // ends first
};

}  // namespace sagebrush::orchestrator
