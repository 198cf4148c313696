// SPDX-License-Identifier: Apache-2.0
#include "logstore/internal/tables.h"

namespace sagebrush::logstore::internal {

using metastore::Row;
using metastore::Session;

// events is clustered by the order in which it is read; an append to a stream goes to that stream's
// last page, so a batch writes one or two pages and no index besides. `doomed` holds deleted
// streams whose events are not swept yet.
constexpr metastore::Migration kMigrations[] = {{1, R"sql(
CREATE TABLE groups(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  created INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE(scope, name)
);
CREATE TABLE streams(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  group_id INTEGER NOT NULL REFERENCES groups(id),
  name TEXT NOT NULL,
  created INTEGER NOT NULL,
  first_event INTEGER,
  last_event INTEGER,
  last_ingestion INTEGER,
  stored_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE(group_id, name)
);
CREATE TABLE events(
  stream_id INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  id INTEGER NOT NULL,
  ingested INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY(stream_id, timestamp, id)
) WITHOUT ROWID;
CREATE TABLE event_ids(next INTEGER NOT NULL);
INSERT INTO event_ids VALUES(1);
CREATE TABLE sources(source TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE doomed(stream_id INTEGER PRIMARY KEY);
)sql"}};

std::span<const metastore::Migration> LogMigrations() { return kMigrations; }

Result<std::int64_t> FindGroup(Session& session, std::string_view scope, std::string_view group) {
  std::optional<std::int64_t> id;
  RETURN_IF_ERROR(session.Query("SELECT id FROM groups WHERE scope = ? AND name = ?",
                                {std::string(scope), std::string(group)}, [&](const Row& row) {
                                  id = row.Int(0);
                                  return false;
                                }));
  if (!id) return NotFound("group '" + std::string(group) + "' does not exist");
  return *id;
}

Result<StreamRow> FindStream(Session& session, std::string_view scope, std::string_view group,
                             std::string_view stream) {
  ASSIGN_OR_RETURN(const auto group_id, FindGroup(session, scope, group));
  std::optional<StreamRow> found;
  RETURN_IF_ERROR(session.Query(
      "SELECT id, stored_bytes, last_event FROM streams WHERE group_id = ? AND name = ?",
      {group_id, std::string(stream)}, [&](const Row& row) {
        found = StreamRow{row.Int(0), group_id, row.Int(1), {}};
        if (!row.IsNull(2)) found->last_event = row.Int(2);
        return false;
      }));
  if (!found) return NotFound("stream '" + std::string(stream) + "' does not exist");
  return *found;
}

}  // namespace sagebrush::logstore::internal
