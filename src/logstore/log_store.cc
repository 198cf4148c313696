// SPDX-License-Identifier: Apache-2.0
// The store over one SQLite file, logs.db. What is one operation is one Write: events, the stream's
// and group's figures and a source's sequence number stand or fall together. Deleting only hides;
// the events are swept afterwards in small writes, and what a crash leaves unswept is swept at the
// next start.
#include "logstore/log_store.h"

#include "base/log.h"
#include "base/strings.h"
#include "logstore/internal/append.h"
#include "logstore/internal/filter_page.h"
#include "logstore/internal/read_page.h"
#include "logstore/internal/stream_page.h"
#include "logstore/internal/sweep.h"
#include "logstore/internal/tables.h"

namespace sagebrush::logstore {

namespace {

using internal::FindGroup;
using internal::FindStream;
using metastore::Row;
using metastore::Session;

constexpr int kMaxSweeps =
    200;  // on the caller's time; the rest waits for the next delete or start

class SqlLogStore final : public LogStore {
 public:
  SqlLogStore(std::unique_ptr<metastore::Database> database, const Clock& clock)
      : database_(std::move(database)), clock_(clock) {}

  Status CreateGroup(std::string_view scope, std::string_view group) override {
    const std::string scope_text(scope), name(group);
    const std::int64_t now = ToMillis(clock_.Now());
    Status status = database_->Write(
        [&](Session& session) { return internal::InsertGroup(session, scope_text, name, now); });
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
      return internal::InsertStream(session, group_id, name, now);
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
                                          const ListStreamsRequest& request) override {
    std::vector<Stream> streams;
    RETURN_IF_ERROR(database_->Read([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto group_id, FindGroup(session, scope, group));
      ASSIGN_OR_RETURN(streams, internal::PageOfStreams(session, group_id, request));
      return Status::Ok();
    }));
    return streams;
  }

  Status Append(std::string_view scope, std::string_view group, std::string_view stream,
                std::vector<Event> events) override {
    const std::int64_t now = ToMillis(clock_.Now());
    return database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const auto row, FindStream(session, scope, group, stream));
      return internal::AppendEvents(session, row, events, now);
    });
  }

  Result<std::int64_t> AppendBatch(std::string_view scope, std::string_view group,
                                   std::string_view stream, SourceBatch batch) override {
    const std::int64_t now = ToMillis(clock_.Now());
    std::int64_t highest = -1;
    RETURN_IF_ERROR(database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(highest,
                       internal::AppendSourceBatch(session, scope, group, stream, batch, now));
      return Status::Ok();
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
          database_->Write([&](Session& session) { return internal::SweepOnce(session, &done); });
      if (!status.ok())
        return LogWarning("logstore",
                          "deleted log events stay on disk for now: " + status.message());
    }
  }

 private:
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
