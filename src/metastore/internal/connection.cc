// SPDX-License-Identifier: Apache-2.0
#include "metastore/internal/connection.h"

#include <cerrno>

#include <sqlite3.h>

namespace sagebrush::metastore::internal {

namespace {

constexpr int kBusyTimeoutMs = 10'000;
// Lists compose their text from their filters, so the texts are many but not endless. Past this the
// cache starts anew.
constexpr std::size_t kMaxStatements = 128;

class StatementRow final : public Row {
 public:
  explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}

  bool IsNull(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t Int(int column) const override { return sqlite3_column_int64(statement_, column); }
  double Double(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view Text(int column) const override {
    // Bytes are asked for after the text: the other order may count another encoding
    // (sqlite3_column_bytes).
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

Status DiskFull(const std::filesystem::path& file) {
  return ResourceExhausted("no space left to write '" + file.string() +
                           "'; free some space on its disk (or raise the quota) and try again: "
                           "nothing of this change was kept");
}

Status MakeStatus(int code, int system_error, const std::string& message,
                  const std::filesystem::path& file) {
  const std::string text = "database '" + file.string() + "': " + message;
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return AlreadyExists(text);
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return FailedPrecondition(text);
    case SQLITE_FULL:
      return DiskFull(file);
    case SQLITE_IOERR:
      // SQLite calls only ENOSPC "full"; a quota or the process's file size limit is the same to
      // its owner.
      if (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG)
        return DiskFull(file);
      return system_error == 0 ? Internal(text) : ErrnoStatus(system_error, text);
    case SQLITE_CANTOPEN:
      return system_error == 0 ? NotFound(text) : ErrnoStatus(system_error, text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable(text + " (does another process use it?)");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return PermissionDenied(text);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return DataLoss(text + "; restore it from a backup");
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return ResourceExhausted(text);
    default:
      return Internal(text);
  }
}

}  // namespace

void Connection::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::filesystem::path& file, Mode mode) {
  // SQLite counts its memory under one mutex for all connections, which readers side by side wait for; nobody asks for
  // the count. Before the first connection of the process, or it has no effect.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)uncounted;
  std::unique_ptr<Connection> connection(
      new Connection(file));  // a private constructor: make_unique cannot
  // Readers open for writing too, since the first one may have to make the shared-memory file;
  // query_only holds them.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (sqlite3_open_v2(file.c_str(), &connection->handle_, flags, nullptr) != SQLITE_OK)
    return connection->LastError();
  sqlite3_busy_timeout(connection->handle_, kBusyTimeoutMs);
  RETURN_IF_ERROR(
      connection->RunScript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA "
                            "foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                            "PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;"));
  if (mode == Mode::kReadOnly) RETURN_IF_ERROR(connection->RunScript("PRAGMA query_only=ON"));
  return connection;
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(handle_);
}

Status Connection::Query(std::string_view sql, std::span<const Value> values,
                         const std::function<bool(const Row&)>& row) {
  return Step(sql, values, &row);
}

Result<std::int64_t> Connection::Execute(std::string_view sql, std::span<const Value> values) {
  const std::int64_t before = sqlite3_total_changes64(handle_);
  RETURN_IF_ERROR(Step(sql, values, nullptr));
  // sqlite3_changes() keeps the count of an older statement when this one changes nothing of itself
  // (a SELECT, a BEGIN).
  return sqlite3_total_changes64(handle_) == before ? 0 : sqlite3_changes64(handle_);
}

Status Connection::Run(std::string_view sql) { return Step(sql, {}, nullptr); }

Status Connection::RunScript(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return LastError();
  return Status::Ok();
}

bool Connection::InTransaction() const { return sqlite3_get_autocommit(handle_) == 0; }

Result<Connection::Statement> Connection::Take(std::string_view sql) {
  if (const auto kept = statements_.find(sql); kept != statements_.end())
    return statements_.extract(kept);
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &raw, &tail) != SQLITE_OK)
    return LastError();
  Statements made;
  made.emplace(sql, raw);
  const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (raw == nullptr || rest.find_first_not_of(" \n\t;") != std::string_view::npos)
    return InvalidArgument("one SQL statement is expected: " + std::string(sql));
  return made.extract(made.begin());
}

void Connection::GiveBack(Statement statement) {
  sqlite3_reset(statement.mapped().get());
  sqlite3_clear_bindings(statement.mapped().get());  // do not keep large values alive
  if (statements_.size() >= kMaxStatements) statements_.clear();
  statements_.insert(std::move(statement));
}

Status Connection::Bind(sqlite3_stmt* statement, std::span<const Value> values) {
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(values.size()))
    return Internal("a statement takes another number of values: " +
                    std::string(sqlite3_sql(statement)));
  int index = 1;
  for (const Value& value : values) {
    int code = SQLITE_OK;
    if (std::holds_alternative<std::int64_t>(value)) {
      code = sqlite3_bind_int64(statement, index, std::get<std::int64_t>(value));
    } else if (std::holds_alternative<double>(value)) {
      code = sqlite3_bind_double(statement, index, std::get<double>(value));
    } else if (std::holds_alternative<std::string>(value)) {
      // With its length, TEXT keeps every byte, NUL and broken UTF-8 too. STATIC: the span outlives
      // the step.
      const std::string& text = std::get<std::string>(value);
      code = sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    } else {
      code = sqlite3_bind_null(statement, index);
    }
    if (code != SQLITE_OK) return LastError();
    ++index;
  }
  return Status::Ok();
}

Status Connection::Step(std::string_view sql, std::span<const Value> values,
                        const std::function<bool(const Row&)>* row) {
  ASSIGN_OR_RETURN(Statement taken, Take(sql));
  sqlite3_stmt* const statement = taken.mapped().get();
  Status status = Bind(statement, values);
  while (status.ok()) {
    errno = 0;
    const int code = sqlite3_step(statement);
    const int system_error = errno;
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) {
      status = LastError(system_error);
    } else if (row != nullptr && !(*row)(StatementRow(statement))) {
      break;
    }
  }
  GiveBack(std::move(taken));
  return status;
}

Status Connection::LastError(int system_error) const {
  if (handle_ == nullptr) return ResourceExhausted("no memory to open '" + file_.string() + "'");
  // SQLite 3.40 does not note the errno of a COMMIT that fails (measured with RLIMIT_FSIZE): the
  // thread's own stands in.
  const int noted = sqlite3_system_errno(handle_);
  return MakeStatus(sqlite3_extended_errcode(handle_), noted != 0 ? noted : system_error,
                    sqlite3_errmsg(handle_), file_);
}

}  // namespace sagebrush::metastore::internal
