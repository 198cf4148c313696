// SPDX-License-Identifier: Apache-2.0
// Group commit: callers put a pointer to their work into a queue and wait. The writer thread takes
// all that wait (at most kMaxGroup), runs each in a savepoint of one transaction, commits once, and
// wakes them. While it waits for the disk the next group gathers by itself, so no timer is needed:
// with 64 waiting, 60 times the writes of one commit each.
#include "metastore/database.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>
#include <thread>

#include "base/check.h"
#include "base/file.h"
#include "base/log.h"
#include "metastore/internal/connection.h"
#include "metastore/internal/disk_reserve.h"

namespace sagebrush::metastore {

namespace {

using internal::Connection;
using Work = std::function<Status(Session&)>;

constexpr std::size_t kMaxGroup = 256;
constexpr std::size_t kMaxQueue = 4096;
constexpr std::size_t kMaxReaders = 16;
constexpr std::size_t kMoreForOneKey = 8;  // readers of a single key
constexpr auto kMaxWait = std::chrono::seconds(30);

// Work is the caller's; an exception in it (out of memory, in practice) must not take the writer
// thread along.
Status RunWork(const Work& work, Session& session) {
  try {
    return work(session);
  } catch (const std::exception& error) {
    return Internal(std::string("an exception in a database transaction: ") + error.what());
  }
}

Status ReadOn(Connection& connection, const Work& work) {
  RETURN_IF_ERROR(connection.Run("BEGIN"));
  Status status = RunWork(work, connection);
  const Status end = connection.Run("COMMIT");
  return status.ok() ? end : status;
}

Result<std::int64_t> FormatOf(Connection& connection) {
  std::int64_t version = 0;
  RETURN_IF_ERROR(connection.Query("PRAGMA user_version", {}, [&](const Row& row) {
    version = row.Int(0);
    return false;
  }));
  return version;
}

Status Migrate(Connection& connection, const std::filesystem::path& file,
               std::span<const Migration> migrations) {
  ASSIGN_OR_RETURN(const std::int64_t current, FormatOf(connection));
  const int newest = migrations.empty() ? 0 : migrations.back().version;
  if (current > newest) {
    return FailedPrecondition("'" + file.string() + "' has format " + std::to_string(current) +
                              ", written by a newer program; this one knows formats up to " +
                              std::to_string(newest) +
                              ". Start the newer program, or use another data folder");
  }
  int expected = 0;
  for (const Migration& migration : migrations) {
    SAGEBRUSH_CHECK(migration.version == ++expected, "migrations count 1, 2, 3, …");
    if (migration.version <= current) continue;
    const std::string version = std::to_string(migration.version);
    const Status status = connection.RunScript("BEGIN IMMEDIATE; " + std::string(migration.sql) +
                                               "; PRAGMA user_version=" + version + "; COMMIT;");
    if (!status.ok())
      return status.WithContext("migration to format " +
                                version);  // closing the connection rolls back
  }
  return Status::Ok();
}

// Makes the file with its mode before SQLite does: the -wal and -shm files take theirs from it.
Status MakePrivateFile(const std::filesystem::path& file) {
  if (file.has_parent_path()) RETURN_IF_ERROR(MakeFoldersDurably(file.parent_path(), 0700));
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(file, O_RDWR | O_CREAT, 0600));
  if (::fchmod(fd.get(), 0600) != 0) return LastErrno("chmod of '" + file.string() + "'");
  return SyncFolder(file.has_parent_path() ? file.parent_path() : std::filesystem::path("."));
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::filesystem::path file, std::unique_ptr<Connection> writer)
      : file_(std::move(file)),
        writer_(std::move(writer)),
        reserve_(file_),
        thread_([this] { RunWriter(); }) {}

  ~SqliteDatabase() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_writer_.notify_all();
    thread_.join();
  }

  Status Write(const Work& work) override {
    SAGEBRUSH_CHECK(std::this_thread::get_id() != thread_.get_id(),
                    "a write must not start another write");
    Pending pending{.work = &work};
    const auto deadline = std::chrono::steady_clock::now() + kMaxWait;
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline,
                             [&] { return queue_.size() < kMaxQueue || stopping_; }))
      return DeadlineExceeded("too many writes wait for '" + file_.string() + "'");
    if (stopping_) return Unavailable("'" + file_.string() + "' is being closed");
    queue_.push_back(&pending);
    wake_writer_.notify_one();
    changed_.wait_until(lock, deadline, [&] { return pending.state != Pending::State::kQueued; });
    if (pending.state == Pending::State::kQueued) {
      std::erase(queue_, &pending);
      return DeadlineExceeded("a write waited too long for its turn in '" + file_.string() + "'");
    }
    // Begun: the writer holds `work`, so there is no way out before it is done. The disk alone
    // decides how long.
    changed_.wait(lock, [&] { return pending.state == Pending::State::kDone; });
    return pending.status;
  }

  Status Read(const Work& work, Reading what) override {
    ASSIGN_OR_RETURN(std::unique_ptr<Connection> reader,
                     TakeReader(kMaxReaders + (what == Reading::kOneKey ? kMoreForOneKey : 0)));
    // One statement sees one snapshot by itself.
    const Status status = what == Reading::kOneKey ? RunWork(work, *reader) : ReadOn(*reader, work);
    GiveReaderBack(std::move(reader));
    return status;
  }

  Load load() const override {
    const std::lock_guard lock(mutex_);
    return {commits_, queue_.size()};
  }

 private:
  struct Pending {
    enum class State { kQueued, kRunning, kDone };
    const Work* work;
    State state = State::kQueued;  // under mutex_
    Status status = {};            // the writer's while running, the caller's when done
  };

  void RunWriter() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_writer_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;  // stopping, and all who waited are served
      std::vector<Pending*> group;
      while (!queue_.empty() && group.size() < kMaxGroup) {
        group.push_back(queue_.front());
        group.back()->state = Pending::State::kRunning;
        queue_.pop_front();
      }
      lock.unlock();
      const bool committed = CommitGroup(group);
      lock.lock();
      if (committed) ++commits_;
      for (Pending* pending : group) pending->state = Pending::State::kDone;
      changed_.notify_all();
    }
  }

  bool CommitGroup(const std::vector<Pending*>& group) {
    Status fatal = writer_->Run("BEGIN IMMEDIATE");
    bool any = false;
    for (Pending* pending : group) {
      if (!fatal.ok()) break;
      fatal = RunOne(*pending);
      any = any || pending->status.ok();
    }
    if (fatal.ok() && any) fatal = writer_->Run("COMMIT");
    if (writer_->InTransaction()) {  // failed, or nothing to keep
      if (const Status undone = writer_->Run("ROLLBACK"); !undone.ok())
        LogError("metastore", "rollback failed: " + undone.message());
    }
    if (fatal.ok() && any) reserve_.Restore();
    const auto is_full = [](const Pending* pending) {
      return pending->status.code() == Code::kResourceExhausted;
    };
    if (fatal.code() == Code::kResourceExhausted ||
        std::any_of(group.begin(), group.end(), is_full))
      reserve_.GiveUp();
    if (fatal.ok()) return any;
    for (Pending* pending : group)
      if (pending->status.ok()) pending->status = fatal;
    return false;
  }

  // The result is about the group: not Ok when the transaction as a whole is lost.
  Status RunOne(Pending& pending) {
    RETURN_IF_ERROR(writer_->Run("SAVEPOINT one"));
    pending.status = RunWork(*pending.work, *writer_);
    if (!writer_->InTransaction()) {  // SQLite may end the transaction by itself: a full disk, an
                                      // I/O error
      if (pending.status.ok()) pending.status = Internal("the transaction ended inside a write");
      return pending.status;
    }
    if (!pending.status.ok()) RETURN_IF_ERROR(writer_->Run("ROLLBACK TO one"));
    return writer_->Run("RELEASE one");
  }

  // Unless so many are lent already.
  Result<std::unique_ptr<Connection>> TakeReader(std::size_t at_most) {
    {
      std::unique_lock lock(readers_mutex_);
      const bool free =
          reader_free_.wait_for(lock, kMaxWait, [&] { return readers_ - idle_.size() < at_most; });
      if (!free) return DeadlineExceeded("too many reads of '" + file_.string() + "' at once");
      if (!idle_.empty()) {
        auto reader = std::move(idle_.back());
        idle_.pop_back();
        return reader;
      }
      ++readers_;
    }
    auto opened = Connection::Open(file_, Connection::Mode::kReadOnly);
    if (!opened.ok()) ForgetReader();
    return opened;
  }

  void GiveReaderBack(std::unique_ptr<Connection> reader) {
    if (reader->InTransaction()) {  // could not end it: a fresh connection is safer
      reader.reset();
      return ForgetReader();
    }
    {
      const std::lock_guard lock(readers_mutex_);
      idle_.push_back(std::move(reader));
    }
    reader_free_.notify_all();  // they wait for different numbers
  }

  void ForgetReader() {
    {
      const std::lock_guard lock(readers_mutex_);
      --readers_;
    }
    reader_free_.notify_all();
  }

  const std::filesystem::path file_;
  const std::unique_ptr<Connection> writer_;  // the writer thread's
  internal::DiskReserve reserve_;             // the writer thread's

  mutable std::mutex mutex_;  // guards queue_, stopping_, commits_ and each Pending::state
  std::condition_variable wake_writer_;
  std::condition_variable changed_;  // a group began or ended
  std::deque<Pending*> queue_;
  std::int64_t commits_ = 0;
  bool stopping_ = false;

  std::mutex readers_mutex_;  // guards idle_ and readers_
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t readers_ = 0;  // idle and lent

  std::thread thread_;  // last: it uses all of the above
};

// One connection, one reader at a time: for a command that looks once and ends.
class ReadOnlyDatabase final : public Database {
 public:
  explicit ReadOnlyDatabase(std::unique_ptr<Connection> reader) : reader_(std::move(reader)) {}

  Status Write(const Work&) override {
    return FailedPrecondition("the database was opened to be read");
  }
  Status Read(const Work& work, Reading) override {
    const std::lock_guard lock(mutex_);
    return ReadOn(*reader_, work);
  }
  Load load() const override { return {}; }

 private:
  std::mutex mutex_;  // guards reader_
  const std::unique_ptr<Connection> reader_;
};

}  // namespace

Result<std::unique_ptr<Database>> Database::OpenToRead(const std::filesystem::path& file,
                                                       std::span<const Migration> migrations) {
  ASSIGN_OR_RETURN(auto reader, Connection::Open(file, Connection::Mode::kReadOnly));
  ASSIGN_OR_RETURN(const std::int64_t format, FormatOf(*reader));
  const int newest = migrations.empty() ? 0 : migrations.back().version;
  if (format != newest)
    return FailedPrecondition("'" + file.string() + "' has format " + std::to_string(format) +
                              " and this program reads format " + std::to_string(newest) +
                              ": use the program of its server's version");
  return std::unique_ptr<Database>(std::make_unique<ReadOnlyDatabase>(std::move(reader)));
}

Result<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& file,
                                                 std::span<const Migration> migrations) {
  RETURN_IF_ERROR(MakePrivateFile(file));
  ASSIGN_OR_RETURN(auto writer, Connection::Open(file, Connection::Mode::kReadWrite));
  RETURN_IF_ERROR(Migrate(*writer, file, migrations));
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(file, std::move(writer)));
}

}  // namespace sagebrush::metastore
