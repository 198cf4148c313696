// SPDX-License-Identifier: Apache-2.0
// The store over one SQLite file, logs.db. What is one operation is one Write: events, the stream's
// and group's figures and a source's sequence number stand or fall together. Deleting only hides;
// the events are swept afterwards in small writes, and what a crash leaves unswept is swept at the
// next start.
#include "logstore/log_store.h"

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "logstore/internal/filter_page.h"
#include "logstore/internal/read_page.h"
#include "logstore/internal/tables.h"

namespace sagebrush::logstore {

namespace {

using internal::FindGroup;
using internal::FindStream;
using metastore::Row;
using metastore::Session;

constexpr std::int64_t kSweepRows = 2'000;  // a write of about 5 ms
constexpr int kMaxSweeps =
    200;  // on the caller's time; the rest waits for the next delete or start

Status InsertGroup(Session& session, const std::string& scope, const std::string& group,
                   std::int64_t now) {
  return session
      .Execute("INSERT INTO groups(scope, name, created) VALUES(?, ?, ?)", {scope, group, now})
      .status();
}

Status InsertStream(Session& session, std::int64_t group_id, const std::string& stream,
                    std::int64_t now) {
  return session
      .Execute("INSERT INTO streams(group_id, name, created) VALUES(?, ?, ?)",
               {group_id, stream, now})
      .status();
}

Status AppendEvents(Session& session, const internal::StreamRow& stream,
                    std::span<const Event> events, std::int64_t now) {
  if (events.empty()) return Status::Ok();
  const auto count = static_cast<std::int64_t>(events.size());
  std::int64_t id = 0;
  RETURN_IF_ERROR(session.Query("UPDATE event_ids SET next = next + ? RETURNING next", {count},
                                [&](const Row& row) {
                                  id = row.Int(0) - count;
                                  return true;  // to the end: an UPDATE is over when its rows are
                                }));
  std::int64_t bytes = 0, first = events[0].timestamp_ms, last = first;
  for (const Event& event : events) {
    RETURN_IF_ERROR(session
                        .Execute("INSERT INTO events(stream_id, timestamp, id, ingested, message) "
                                 "VALUES(?, ?, ?, ?, ?)",
                                 {stream.id, event.timestamp_ms, id++, now, event.message})
                        .status());
    bytes += static_cast<std::int64_t>(event.message.size()) + internal::kEventOverhead;
    first = std::min(first, event.timestamp_ms);
    last = std::max(last, event.timestamp_ms);
  }
  RETURN_IF_ERROR(session
                      .Execute("UPDATE streams SET first_event = min(ifnull(first_event, ?1), ?1), "
                               "last_event = max(ifnull(last_event, ?2), ?2), last_ingestion = ?3, "
                               "stored_bytes = stored_bytes + ?4 WHERE id = ?5",
                               {first, last, now, bytes, stream.id})
                      .status());
  return session
      .Execute("UPDATE groups SET stored_bytes = stored_bytes + ? WHERE id = ?",
               {bytes, stream.group_id})
      .status();
}

class SqlLogStore final : public LogStore {
 public:
  SqlLogStore(std::unique_ptr<metastore::Database> database, const Clock& clock)
      : database_(std::move(database)), clock_(clock) {}

  Status CreateGroup(std::string_view scope, std::string_view group) override {
    const std::string scope_text(scope), name(group);
    const std::int64_t now = ToMillis(clock_.Now());
    Status status = database_->Write(
        [&](Session& session) { return InsertGroup(session, scope_text, name, now); });
    if (status.code() == Code::kAlreadyExists)
      return AlreadyExists("group '" + name + "' exists already");
    return status;
  }

  Status CreateStream(std::string_view scope, std::string_view group,
                      std::string_view stream) override {
    const std::string name(stream);
    const std::int64_t now = ToMillis(clock_.Now());
    Status status = database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto group_id, FindGroup(session, scope, group));
      return InsertStream(session, group_id, name, now);
    });
    if (status.code() == Code::kAlreadyExists)
      return AlreadyExists("stream '" + name + "' exists already");
    return status;
  }

  Status DeleteGroup(std::string_view scope, std::string_view group) override {
    RETURN_IF_ERROR(database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto id, FindGroup(session, scope, group));
      RETURN_IF_ERROR(
          session
              .Execute("INSERT INTO doomed(stream_id) SELECT id FROM streams WHERE group_id = ?",
                       {id})
              .status());
      RETURN_IF_ERROR(session.Execute("DELETE FROM streams WHERE group_id = ?", {id}).status());
      return session.Execute("DELETE FROM groups WHERE id = ?", {id}).status();
    }));
    SweepSome();
    return Status::Ok();
  }

  Status DeleteStream(std::string_view scope, std::string_view group,
                      std::string_view stream) override {
    RETURN_IF_ERROR(database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto row, FindStream(session, scope, group, stream));
      RETURN_IF_ERROR(
          session.Execute("INSERT INTO doomed(stream_id) VALUES(?)", {row.id}).status());
      RETURN_IF_ERROR(session.Execute("DELETE FROM streams WHERE id = ?", {row.id}).status());
      return session
          .Execute("UPDATE groups SET stored_bytes = stored_bytes - ? WHERE id = ?",
                   {row.stored_bytes, row.group_id})
          .status();
    }));
    SweepSome();
    return Status::Ok();
  }

  Result<std::vector<Group>> ListGroups(std::string_view scope, std::string_view prefix,
                                        std::string_view after, int limit) override {
    std::vector<Group> groups;
    std::string sql =
        "SELECT name, created, stored_bytes FROM groups WHERE scope = ? AND name > ? AND name >= ?";
    std::vector<metastore::Value> values{std::string(scope), std::string(after),
                                         std::string(prefix)};
    if (auto end = PrefixEnd(prefix)) {
      sql += " AND name < ?";
      values.emplace_back(*end);
    }
    values.emplace_back(std::int64_t{limit});
    RETURN_IF_ERROR(database_->Read([&](Session& session) {
      return session.Query(sql + " ORDER BY name LIMIT ?", values, [&](const Row& row) {
        groups.push_back({std::string(row.Text(0)), row.Int(1), row.Int(2)});
        return true;
      });
    }));
    return groups;
  }

  Result<std::vector<Stream>> ListStreams(std::string_view scope, std::string_view group,
                                          std::string_view prefix) override {
    std::vector<Stream> streams;
    RETURN_IF_ERROR(database_->Read([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto group_id, FindGroup(session, scope, group));
      std::string sql =
          "SELECT name, created, first_event, last_event, last_ingestion FROM streams WHERE "
          "group_id = ? AND name >= ?";
      std::vector<metastore::Value> values{group_id, std::string(prefix)};
      if (auto end = PrefixEnd(prefix)) {
        sql += " AND name < ?";
        values.emplace_back(*end);
      }
      return session.Query(sql + " ORDER BY name", values, [&](const Row& row) {
        const auto optional = [&](int column) {
          return row.IsNull(column) ? std::nullopt : std::optional<std::int64_t>(row.Int(column));
        };
        streams.push_back(
            {std::string(row.Text(0)), row.Int(1), optional(2), optional(3), optional(4)});
        return true;
      });
    }));
    return streams;
  }

  Status Append(std::string_view scope, std::string_view group, std::string_view stream,
                std::vector<Event> events) override {
    const std::int64_t now = ToMillis(clock_.Now());
    return database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto row, FindStream(session, scope, group, stream));
      return AppendEvents(session, row, events, now);
    });
  }

  Result<std::int64_t> AppendBatch(std::string_view scope, std::string_view group,
                                   std::string_view stream, SourceBatch batch) override {
    const std::int64_t now = ToMillis(clock_.Now());
    std::int64_t highest = -1;
    RETURN_IF_ERROR(database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto row, FindOrMakeStream(session, scope, group, stream, now));
      highest = -1;
      RETURN_IF_ERROR(session.Query("SELECT sequence FROM sources WHERE source = ?", {batch.source},
                                    [&](const Row& found) {
                                      highest = found.Int(0);
                                      return false;
                                    }));
      std::span<Event> fresh(batch.events);
      if (highest >= batch.first_sequence)
        fresh = fresh.subspan(
            std::min(fresh.size(), static_cast<std::size_t>(highest - batch.first_sequence + 1)));
      if (fresh.empty()) return Status::Ok();
      std::int64_t newest = row.last_event.value_or(INT64_MIN);
      for (Event& event : fresh) newest = event.timestamp_ms = std::max(newest, event.timestamp_ms);
      RETURN_IF_ERROR(AppendEvents(session, row, fresh, now));
      const auto end = batch.first_sequence + static_cast<std::int64_t>(batch.events.size());
      if (highest >= 0 && batch.first_sequence > highest + 1) {
        LogWarning("logstore", "lines " + std::to_string(highest + 1) + " to " +
                                   std::to_string(batch.first_sequence - 1) + " of " +
                                   batch.source + " never came");
      }
      highest = end - 1;
      return session
          .Execute(
              "INSERT INTO sources(source, sequence) VALUES(?1, ?2) ON CONFLICT(source) DO UPDATE "
              "SET sequence = ?2",
              {batch.source, highest})
          .status();
    }));
    return highest;
  }

  Result<ReadPage> Read(std::string_view scope, std::string_view group, std::string_view stream,
                        const ReadRequest& request) override {
    ReadPage page;
    RETURN_IF_ERROR(database_->Read([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto row, FindStream(session, scope, group, stream));
      ASSIGN_OR_RETURN(page, internal::ReadStream(session, row.id, request));
      return Status::Ok();
    }));
    return page;
  }

  Result<FilterPage> Filter(std::string_view scope, std::string_view group,
                            const FilterRequest& request) override {
    FilterPage page;
    RETURN_IF_ERROR(database_->Read([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto group_id, FindGroup(session, scope, group));
      ASSIGN_OR_RETURN(page, internal::FilterGroup(session, group_id, request));
      return Status::Ok();
    }));
    return page;
  }

  // Removes events of deleted streams. Failing is harmless: they are out of sight, and the next
  // sweep goes on.
  void SweepSome() {
    bool done = false;
    for (int i = 0; i < kMaxSweeps && !done; ++i) {
      const Status status =
          database_->Write([&](Session& session) { return SweepOnce(session, &done); });
      if (!status.ok())
        return LogWarning("logstore",
                          "deleted log events stay on disk for now: " + status.message());
    }
  }

 private:
  static Status SweepOnce(Session& session, bool* done) {
    std::optional<std::int64_t> stream;
    RETURN_IF_ERROR(session.Query("SELECT stream_id FROM doomed LIMIT 1", {}, [&](const Row& row) {
      stream = row.Int(0);
      return false;
    }));
    *done = !stream.has_value();
    if (*done) return Status::Ok();
    std::optional<internal::Position> end;
    RETURN_IF_ERROR(
        session.Query("SELECT timestamp, id FROM events WHERE stream_id = ? ORDER BY timestamp, id "
                      "LIMIT 1 OFFSET ?",
                      {*stream, kSweepRows}, [&](const Row& row) {
                        end = {row.Int(0), row.Int(1)};
                        return false;
                      }));
    if (end) {
      return session
          .Execute("DELETE FROM events WHERE stream_id = ? AND (timestamp, id) < (?, ?)",
                   {*stream, end->timestamp, end->id})
          .status();
    }
    RETURN_IF_ERROR(session.Execute("DELETE FROM events WHERE stream_id = ?", {*stream}).status());
    return session.Execute("DELETE FROM doomed WHERE stream_id = ?", {*stream}).status();
  }

  static Result<internal::StreamRow> FindOrMakeStream(Session& session, std::string_view scope,
                                                      std::string_view group,
                                                      std::string_view stream, std::int64_t now) {
    auto found = FindStream(session, scope, group, stream);
    if (found.status().code() != Code::kNotFound) return found;
    auto group_id = FindGroup(session, scope, group);
    if (group_id.status().code() == Code::kNotFound) {
      RETURN_IF_ERROR(InsertGroup(session, std::string(scope), std::string(group), now));
      group_id = FindGroup(session, scope, group);
    }
    if (!group_id.ok()) return group_id.status();
    RETURN_IF_ERROR(InsertStream(session, *group_id, std::string(stream), now));
    return FindStream(session, scope, group, stream);
  }

  const std::unique_ptr<metastore::Database> database_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<LogStore>> LogStore::Open(const std::filesystem::path& folder,
                                                 const Clock& clock) {
  ASSIGN_OR_RETURN(auto database,
                   metastore::Database::Open(folder / "logs.db", internal::LogMigrations()));
  auto store = std::make_unique<SqlLogStore>(std::move(database), clock);
  store->SweepSome();
  return std::unique_ptr<LogStore>(std::move(store));
}

}  // namespace sagebrush::logstore
