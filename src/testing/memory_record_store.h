// SPDX-License-Identifier: Apache-2.0
// A RecordStore that keeps everything in memory: a whole implementation of the interface, for tests
// that need records but no disk. Lists page by key, so records that come and go between two pages
// neither hide nor double the others. Any thread may call.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "metastore/record_store.h"

namespace sagebrush::testing {

class MemoryRecordStore final : public metastore::RecordStore {
 public:
  Result<metastore::Record> Get(const metastore::Key& key) override;
  Result<metastore::Page> List(const metastore::Filter& filter,
                               const metastore::ListOptions& options) override;
  Result<std::int64_t> Count(const metastore::Filter& filter) override;
  // The next Commit fails with `status` and changes nothing.
  void FailNextCommit(Status status);

 private:
  Status CommitDurably(const std::vector<metastore::Write>& writes) override;
  Status Apply(const metastore::Write& write);  // one write, under mutex_

  std::mutex mutex_;  // guards everything below
  std::map<metastore::Key, metastore::Record> records_;
  Status next_failure_;
};

}  // namespace sagebrush::testing
