// SPDX-License-Identifier: Apache-2.0
// The tables of metrics.db (docs/formats/metrics.md), and the rows of `data` that writing, reading and rolling up share.
// Functions work inside a Read or Write of metastore::Database.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "metastore/database.h"
#include "metricstore/metric_store.h"

namespace sagebrush::metricstore::internal {

std::span<const metastore::Migration> MetricMigrations();

// Dimensions as one text that is the same for the same set: [["name","value"],…] by name.
std::string PackDimensions(std::vector<Dimension> dimensions);
Result<std::vector<Dimension>> UnpackDimensions(std::string_view packed);

struct Cell {
  std::int64_t metric_id = 0;
  std::int64_t resolution = 0;
  std::int64_t start_s = 0;
  std::string unit;
};
inline constexpr std::string_view kFigureColumns = "samples, sum, minimum, maximum, kept";
// Reads kFigureColumns from `first` on; without values where they are not wanted.
Result<Summary> ReadFigures(const metastore::Row& row, int first, bool with_values);
// Adds to what the cell has, or makes it.
Status AddToCell(metastore::Session& session, const Cell& cell, const Summary& summary);

}  // namespace sagebrush::metricstore::internal
