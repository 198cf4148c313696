// SPDX-License-Identifier: Apache-2.0
// Control-plane records: a JSON document with the columns that lists sort and filter by, under
// (kind, scope, name). The scope is what AWS keeps names apart by: "123456789012/us-west-2", the
// account alone for IAM, "" for global names. A name is found as it was written, but there is one of
// it in any case: names that differ in case alone would share an ARN (SageMaker's are in lower case;
// IAM's documentation: "not distinguished by case"). Writes are durable when they return and atomic as a
// batch. Updates are optimistic: the version read must still stand. Any thread may call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"
#include "metastore/database.h"
#include "metastore/record_watch.h"

namespace sagebrush::metastore {

struct Record {
  Key key;
  std::int64_t version = 0;  // counts up with every update; 1 after Insert
  TimePoint created{};
  TimePoint modified{};
  std::string status;  // "InProgress"; "" where a kind has none
  Json document;
};

struct Write {
  enum class Action { kInsert, kUpdate, kDelete };
  Action action;
  Record record;  // kDelete looks at the key alone; kUpdate demands record.version == what is
                  // stored, and keeps `created`
};

enum class SortBy { kName, kCreated, kModified, kStatus };

struct Filter {
  std::string kind;
  std::optional<std::string> scope;  // absent: all scopes (the reconcile loop)
  std::string name_contains;
  std::string name_prefix;
  std::string name_ignoring_case;     // the whole name; ASCII
  std::vector<std::string> statuses;  // empty: any
  std::optional<TimePoint> created_after, created_before, modified_after,
      modified_before;  // after: inclusive; before: not
};

// Ties are broken by name, then scope. Descending is the exact reverse of ascending.
struct ListOptions {
  SortBy sort_by = SortBy::kName;
  bool descending = false;
  int limit = 100;
  std::string page_token;  // from Page::next_token; kInvalidArgument if it is not one of ours
};

struct Page {
  std::vector<Record> records;
  std::string next_token;  // "" at the end
};

class RecordStore {
 public:
  // Borrows the database, whose migrations must include kRecordMigrations.
  static std::unique_ptr<RecordStore> Create(Database& database);
  virtual ~RecordStore() = default;

  virtual Result<Record> Get(const Key& key) = 0;  // kNotFound
  virtual Result<Page> List(const Filter& filter, const ListOptions& options) = 0;
  virtual Result<std::int64_t> Count(const Filter& filter) = 0;
  // All or nothing. kAlreadyExists, kNotFound, or kFailedPrecondition for a version that no longer
  // stands. Then whoever watches is told.
  Status Commit(const std::vector<Write>& writes);

  Status Insert(Record record);
  Status Update(Record record);
  Status Delete(Key key);

  const RecordWatch& watch() const { return watch_; }

 private:
  virtual Status CommitDurably(const std::vector<Write>& writes) = 0;

  RecordWatch watch_;
};

extern const Migration kRecordMigrations[3];  // NOLINT(readability-identifier-naming): a constant

}  // namespace sagebrush::metastore
