// SPDX-License-Identifier: Apache-2.0
#include "logstore/internal/append.h"

#include <algorithm>

#include "base/log.h"

namespace sagebrush::logstore::internal {

using metastore::Row;
using metastore::Session;

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

Status AppendEvents(Session& session, const StreamRow& stream, std::span<const Event> events,
                    std::int64_t now) {
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
    bytes += static_cast<std::int64_t>(event.message.size()) + kEventOverhead;
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

namespace {

Result<StreamRow> FindOrMakeStream(Session& session, std::string_view scope, std::string_view group,
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

}  // namespace

Result<std::int64_t> AppendSourceBatch(Session& session, std::string_view scope,
                                       std::string_view group, std::string_view stream,
                                       SourceBatch& batch, std::int64_t now) {
  ASSIGN_OR_RETURN(const auto row, FindOrMakeStream(session, scope, group, stream, now));
  std::int64_t highest = -1;
  RETURN_IF_ERROR(session.Query("SELECT sequence FROM sources WHERE source = ?", {batch.source},
                                [&](const Row& found) {
                                  highest = found.Int(0);
                                  return false;
                                }));
  std::span<Event> fresh(batch.events);
  if (highest >= batch.first_sequence)
    fresh = fresh.subspan(
        std::min(fresh.size(), static_cast<std::size_t>(highest - batch.first_sequence + 1)));
  if (fresh.empty()) return highest;
  std::int64_t newest = row.last_event.value_or(INT64_MIN);
  for (Event& event : fresh) newest = event.timestamp_ms = std::max(newest, event.timestamp_ms);
  RETURN_IF_ERROR(AppendEvents(session, row, fresh, now));
  const auto end = batch.first_sequence + static_cast<std::int64_t>(batch.events.size());
  if (highest >= 0 && batch.first_sequence > highest + 1) {
    LogWarning("logstore", "lines " + std::to_string(highest + 1) + " to " +
                               std::to_string(batch.first_sequence - 1) + " of " + batch.source +
                               " never came");
  }
  highest = end - 1;
  RETURN_IF_ERROR(
      session
          .Execute(
              "INSERT INTO sources(source, sequence) VALUES(?1, ?2) ON CONFLICT(source) DO UPDATE "
              "SET sequence = ?2",
              {batch.source, highest})
          .status());
  return highest;
}

}  // namespace sagebrush::logstore::internal
