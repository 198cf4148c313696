// SPDX-License-Identifier: Apache-2.0
// One SQLite connection as a Session. Statements are prepared once and kept by their text; a
// statement in use is taken out of the cache, so the same text may run again from inside its own
// row callback. Belongs to one thread at a time. No SQLite type leaves this folder.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/status.h"
#include "metastore/database.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sagebrush::metastore::internal {

class Connection final : public Session {
 public:
  enum class Mode { kReadWrite, kReadOnly };

  // The file must exist (its owner decides about its mode bits).
  static Result<std::unique_ptr<Connection>> Open(const std::filesystem::path& file, Mode mode);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Status Query(std::string_view sql, std::span<const Value> values,
               const std::function<bool(const Row&)>& row) override;
  Result<std::int64_t> Execute(std::string_view sql, std::span<const Value> values) override;

  // A statement without values, through the cache: BEGIN, COMMIT.
  Status Run(std::string_view sql);
  // Any number of statements, not cached: migrations and pragmas.
  Status RunScript(const std::string& sql);
  // False once SQLite has ended the transaction by itself, as it may after a full disk or an I/O
  // error.
  bool InTransaction() const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  // Looked up by a view of the text.
  struct HashText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Statements = std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>,
                                        HashText, std::equal_to<>>;
  using Statement = Statements::node_type;  // its text and what SQLite made of it

  explicit Connection(std::filesystem::path file) : file_(std::move(file)) {}
  Result<Statement> Take(std::string_view sql);
  void GiveBack(Statement statement);
  Status Bind(sqlite3_stmt* statement, std::span<const Value> values);
  Status Step(std::string_view sql, std::span<const Value> values,
              const std::function<bool(const Row&)>* row);
  // The connection's last error as a Status that names the file. `system_error`: errno, where the
  // caller has it.
  Status LastError(int system_error = 0) const;

  const std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  Statements statements_;
};

}  // namespace sagebrush::metastore::internal
