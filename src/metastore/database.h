// SPDX-License-Identifier: Apache-2.0
// A thin layer over one SQLite file: prepared statements, and one writer thread that commits many
// callers' writes in one transaction (group commit; WAL, synchronous=FULL: a write that returned OK
// survives a power cut). Reads run on pooled connections and see the last commit. Any thread may
// call; Write and Read block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace sagebrush::metastore {

using Value = std::variant<std::nullptr_t, std::int64_t, double,
                           std::string>;  // a string binds as a blob-safe TEXT

class Row {
 public:
  virtual ~Row() = default;
  virtual bool IsNull(int column) const = 0;
  virtual std::int64_t Int(int column) const = 0;
  virtual double Double(int column) const = 0;
  virtual std::string_view Text(int column) const = 0;  // until the next row
};

// What a reader or a writer works with inside Read/Write; valid only there. Statements are prepared
// once and cached.
class Session {
 public:
  virtual ~Session() = default;
  // Calls `row` for each row until it returns false.
  virtual Status Query(std::string_view sql, std::span<const Value> values,
                       const std::function<bool(const Row&)>& row) = 0;
  // The number of rows changed. A broken UNIQUE or PRIMARY KEY is kAlreadyExists.
  virtual Result<std::int64_t> Execute(std::string_view sql, std::span<const Value> values) = 0;
  Status Query(std::string_view sql, std::initializer_list<Value> values,
               const std::function<bool(const Row&)>& row) {
    return Query(sql, std::span(values.begin(), values.size()), row);
  }
  Result<std::int64_t> Execute(std::string_view sql, std::initializer_list<Value> values) {
    return Execute(sql, std::span(values.begin(), values.size()));
  }
};

struct Migration {
  int version;  // 1, 2, …
  std::string_view sql;
};

class Database {
 public:
  // Opens or makes the file and runs the migrations it lacks, each in a transaction. A file from a
  // newer program is kFailedPrecondition with a sentence that says so.
  static Result<std::unique_ptr<Database>> Open(const std::filesystem::path& file,
                                                std::span<const Migration> migrations);
  // Opens a file that stands, for reports: nothing is written, migrated or made beside it, and Write
  // is kFailedPrecondition. So is a file of another format: a server may be working on it.
  static Result<std::unique_ptr<Database>> OpenToRead(const std::filesystem::path& file,
                                                      std::span<const Migration> migrations);
  virtual ~Database() = default;

  // Runs `work` on the writer thread inside a savepoint of the group's transaction, and returns
  // once it is durable. If `work` fails, only its own changes are undone, and its status comes
  // back. `work` must not call Write or Read, and must be quick: everyone waits for it.
  virtual Status Write(const std::function<Status(Session&)>& work) = 0;

  // Runs `work` on the caller's thread in a read transaction (one snapshot).
  // A wait for a place in the queue, or for a free read connection, ends after 30 s with
  // kDeadlineExceeded. Some connections are kept for those who look up a single key with a single
  // statement, so that they never stand behind lists: event loops do it too.
  enum class Reading { kAnything, kOneKey };
  virtual Status Read(const std::function<Status(Session&)>& work,
                      Reading what = Reading::kAnything) = 0;

  // Metrics. A group of writes counts as one commit.
  struct Load {
    std::int64_t commits = 0;
    std::size_t waiting_writes = 0;
  };
  virtual Load load() const = 0;
};

}  // namespace sagebrush::metastore
