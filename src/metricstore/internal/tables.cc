// SPDX-License-Identifier: Apache-2.0
#include "metricstore/internal/tables.h"

#include <algorithm>

#include "base/json.h"

namespace sagebrush::metricstore::internal {

using metastore::Row;
using metastore::Session;
using metastore::Value;

// data is clustered by series and resolution: a read is one range for each resolution, and what is due for rolling up is
// the beginning of one.
constexpr metastore::Migration kMigrations[] = {{1, R"sql(
CREATE TABLE metrics(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  dimensions TEXT NOT NULL,
  last_put INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  last_value REAL NOT NULL,
  UNIQUE(scope, namespace, name, dimensions)
);
CREATE TABLE data(
  metric_id INTEGER NOT NULL,
  resolution INTEGER NOT NULL,
  start INTEGER NOT NULL,
  unit TEXT NOT NULL,
  samples REAL NOT NULL,
  sum REAL NOT NULL,
  minimum REAL NOT NULL,
  maximum REAL NOT NULL,
  kept TEXT,
  PRIMARY KEY(metric_id, resolution, start, unit)
) WITHOUT ROWID;
CREATE TABLE sources(
  source TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  updated INTEGER NOT NULL
) WITHOUT ROWID;
)sql"}};

std::span<const metastore::Migration> MetricMigrations() { return kMigrations; }

std::string PackDimensions(std::vector<Dimension> dimensions) {
  std::sort(dimensions.begin(), dimensions.end());
  Json packed = Json::Array();
  for (Dimension& dimension : dimensions)
    packed.Append(Json::Array({std::move(dimension.name), std::move(dimension.value)}));
  return packed.Dump();
}

Result<std::vector<Dimension>> UnpackDimensions(std::string_view packed) {
  ASSIGN_OR_RETURN(const Json list, Json::Parse(packed));
  std::vector<Dimension> dimensions;
  for (const Json& pair : list.AsArray())
    dimensions.push_back({pair.AsArray().at(0).AsString(), pair.AsArray().at(1).AsString()});
  return dimensions;
}

Result<Summary> ReadFigures(const Row& row, int first, bool with_values) {
  std::optional<std::string_view> kept;
  if (with_values && !row.IsNull(first + 4)) kept = row.Text(first + 4);
  return Summary::Unpack(row.Double(first), row.Double(first + 1), row.Double(first + 2),
                         row.Double(first + 3), kept);
}

Status AddToCell(Session& session, const Cell& cell, const Summary& summary) {
  static const std::string select = "SELECT " + std::string(kFigureColumns) +
                                    " FROM data WHERE metric_id = ? AND resolution = ? AND start = "
                                    "? AND unit = ?";
  Summary total;
  Status read;
  RETURN_IF_ERROR(session.Query(select, {cell.metric_id, cell.resolution, cell.start_s, cell.unit},
                                [&](const Row& row) {
                                  auto there = ReadFigures(row, 0, true);
                                  read = there.status();
                                  if (there.ok()) total = *std::move(there);
                                  return false;
                                }));
  RETURN_IF_ERROR(read);
  total.Add(summary);
  const auto kept = total.PackValues();
  return session
      .Execute(
          "INSERT OR REPLACE INTO data(metric_id, resolution, start, unit, samples, sum, minimum, "
          "maximum, kept) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
          {cell.metric_id, cell.resolution, cell.start_s, cell.unit, total.samples(), total.sum(),
           total.minimum(), total.maximum(), kept ? Value(*kept) : Value(nullptr)})
      .status();
}

}  // namespace sagebrush::metricstore::internal
