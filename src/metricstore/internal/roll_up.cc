// SPDX-License-Identifier: Apache-2.0
#include "metricstore/internal/roll_up.h"

#include <iterator>
#include <map>

#include "metricstore/internal/tables.h"
#include "metricstore/limits.h"

namespace sagebrush::metricstore::internal {

namespace {

using metastore::Row;
using metastore::Session;

constexpr std::size_t kLevels = std::size(kResolutions);
constexpr std::int64_t kPage = 500;         // metrics looked at in one read
constexpr std::int64_t kRowsAWrite = 1000;  // a write of about 10 ms
// No instance lives so long (a training job: 28 days at most).
constexpr std::int64_t kSourceLife = 60 * 86'400;

struct Due {
  std::int64_t metric_id;
  std::size_t level;  // the finest of kResolutions that is due; coarser ones may be
};

// Data of this level that begins before it is due: whole periods of the next level.
std::int64_t Cutoff(std::size_t level, std::int64_t now_s) {
  const std::int64_t end = now_s - kResolutions[level].kept_seconds;
  return level + 1 < kLevels ? FloorTo(end, kResolutions[level + 1].seconds) : end;
}

Result<bool> IsDue(Session& session, const Due& due, std::int64_t now_s) {
  bool found = false;
  RETURN_IF_ERROR(session.Query(
      "SELECT 1 FROM data WHERE metric_id = ? AND resolution = ? AND start < ? LIMIT 1",
      {due.metric_id, kResolutions[due.level].seconds, Cutoff(due.level, now_s)},
      [&](const Row&) { return !(found = true); }));
  return found;
}

Result<std::vector<Due>> FindDue(Session& session, std::int64_t now_s, std::int64_t* after) {
  std::vector<std::int64_t> ids;
  RETURN_IF_ERROR(session.Query("SELECT id FROM metrics WHERE id > ? ORDER BY id LIMIT ?",
                                {*after, kPage}, [&](const Row& row) {
                                  ids.push_back(row.Int(0));
                                  return true;
                                }));
  std::vector<Due> due;
  for (const std::int64_t id : ids) {
    bool found = false;
    for (std::size_t level = 0; level < kLevels && !found; ++level) {
      ASSIGN_OR_RETURN(found, IsDue(session, {id, level}, now_s));
      if (found) due.push_back({id, level});
    }
  }
  *after = ids.empty() ? -1 : ids.back();
  return due;
}

// Folds the oldest rows that are due, at most `budget`; how many it were. A period may be folded in two writes: its second
// half is then added to the first.
Result<std::int64_t> FoldSome(Session& session, const Due& due, std::int64_t now_s,
                              std::int64_t budget) {
  static const std::string select = "SELECT start, unit, " + std::string(kFigureColumns) +
                                    " FROM data WHERE metric_id = ? AND resolution = ? AND start < "
                                    "? ORDER BY start, unit LIMIT ?";
  const std::int64_t resolution = kResolutions[due.level].seconds;
  const std::int64_t coarser = due.level + 1 < kLevels ? kResolutions[due.level + 1].seconds : 0;
  std::map<std::pair<std::int64_t, std::string>, Summary> folded;  // empty at the last level
  std::int64_t rows = 0, last_start = 0;
  std::string last_unit;
  Status read;
  RETURN_IF_ERROR(session.Query(
      select, {due.metric_id, resolution, Cutoff(due.level, now_s), budget}, [&](const Row& row) {
        ++rows;
        last_start = row.Int(0);
        last_unit = row.Text(1);
        if (coarser == 0) return true;
        auto summary = ReadFigures(row, 2, true);
        read = summary.status();
        if (read.ok()) folded[{FloorTo(last_start, coarser), last_unit}].Add(*summary);
        return read.ok();
      }));
  RETURN_IF_ERROR(read);
  if (rows == 0) return rows;
  for (const auto& [place, summary] : folded)
    RETURN_IF_ERROR(
        AddToCell(session, {due.metric_id, coarser, place.first, place.second}, summary));
  RETURN_IF_ERROR(
      session
          .Execute(
              "DELETE FROM data WHERE metric_id = ? AND resolution = ? AND (start, unit) <= (?, ?)",
              {due.metric_id, resolution, last_start, last_unit})
          .status());
  return rows;
}

// Works on the list from its end, as far as one write should go. What a step makes may be due for the next one at once.
Status FoldList(Session& session, std::vector<Due>* list, std::int64_t now_s) {
  std::int64_t budget = kRowsAWrite;
  while (!list->empty() && budget > 0) {
    Due& due = list->back();
    ASSIGN_OR_RETURN(const std::int64_t rows, FoldSome(session, due, now_s, budget));
    budget -= rows;
    if (budget > 0 && ++due.level == kLevels) list->pop_back();
  }
  return Status::Ok();
}

Status DropWhatIsEmpty(Session& session, std::int64_t now_s) {
  const std::int64_t oldest = now_s - kResolutions[kLevels - 1].kept_seconds;
  RETURN_IF_ERROR(session
                      .Execute("DELETE FROM metrics WHERE last_put < ? AND NOT EXISTS "
                               "(SELECT 1 FROM data WHERE metric_id = metrics.id)",
                               {oldest * 1000})
                      .status());
  return session.Execute("DELETE FROM sources WHERE updated < ?", {(now_s - kSourceLife) * 1000})
      .status();
}

}  // namespace

Status RollUpAll(metastore::Database& database, std::int64_t now_s) {
  std::int64_t after = 0;
  while (after >= 0) {
    std::vector<Due> found;
    RETURN_IF_ERROR(database.Read([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(found, FindDue(session, now_s, &after));
      return Status::Ok();
    }));
    while (!found.empty())
      RETURN_IF_ERROR(
          database.Write([&](Session& session) { return FoldList(session, &found, now_s); }));
  }
  return database.Write([&](Session& session) { return DropWhatIsEmpty(session, now_s); });
}

}  // namespace sagebrush::metricstore::internal
