// SPDX-License-Identifier: Apache-2.0
#include "logstore/internal/sweep.h"

#include "logstore/internal/tables.h"

namespace sagebrush::logstore::internal {

using metastore::Row;
using metastore::Session;

namespace {

constexpr std::int64_t kSweepRows = 2'000;  // a write of about 5 ms

}  // namespace

Status SweepOnce(Session& session, bool* done) {
  std::optional<std::int64_t> stream;
  RETURN_IF_ERROR(session.Query("SELECT stream_id FROM doomed LIMIT 1", {}, [&](const Row& row) {
    stream = row.Int(0);
    return false;
  }));
  *done = !stream.has_value();
  if (*done) return Status::Ok();
  std::optional<Position> end;
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

}  // namespace sagebrush::logstore::internal
