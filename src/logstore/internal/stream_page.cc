// SPDX-License-Identifier: Apache-2.0
#include "logstore/internal/stream_page.h"

#include "base/strings.h"

namespace sagebrush::logstore::internal {

using metastore::Row;
using metastore::Session;

Result<std::vector<Stream>> PageOfStreams(Session& session, std::int64_t group_id,
                                          const ListStreamsRequest& request) {
  const bool by_time = request.order == StreamOrder::kLastEvent;
  const std::string direction = request.descending ? " DESC" : "";
  const std::string beyond = request.descending ? " < " : " > ";
  std::string sql =
      "SELECT name, created, first_event, last_event, last_ingestion FROM streams WHERE "
      "group_id = ? AND name >= ?";
  std::vector<metastore::Value> values{group_id, request.prefix};
  if (auto end = PrefixEnd(request.prefix)) {
    sql += " AND name < ?";
    values.emplace_back(*end);
  }
  if (request.after && by_time) {
    sql += " AND (ifnull(last_event, 0), name)" + beyond + "(?, ?)";
    values.emplace_back(request.after->last_event_ms.value_or(0));
    values.emplace_back(request.after->name);
  } else if (request.after) {
    sql += " AND name" + beyond + "?";
    values.emplace_back(request.after->name);
  }
  sql += " ORDER BY " + (by_time ? "ifnull(last_event, 0)" + direction + ", " : "") + "name" +
         direction + " LIMIT ?";
  values.emplace_back(std::int64_t{request.limit});

  std::vector<Stream> streams;
  RETURN_IF_ERROR(session.Query(sql, values, [&](const Row& row) {
    const auto optional = [&](int column) {
      return row.IsNull(column) ? std::nullopt : std::optional<std::int64_t>(row.Int(column));
    };
    streams.push_back(
        {std::string(row.Text(0)), row.Int(1), optional(2), optional(3), optional(4)});
    return true;
  }));
  return streams;
}

}  // namespace sagebrush::logstore::internal
