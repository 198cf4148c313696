// SPDX-License-Identifier: Apache-2.0
// The tables of logs.db (docs/formats/logs.md) and the few look-ups that every operation begins
// with. Functions work inside a Read or Write of metastore::Database.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "metastore/database.h"

namespace sagebrush::logstore::internal {

std::span<const metastore::Migration> LogMigrations();

// A place in the order of events. Ids begin at 1 and count up with arrival, so {t, 0} stands before
// all events at t.
struct Position {
  std::int64_t timestamp = 0;
  std::int64_t id = 0;
  auto operator<=>(const Position&) const =
      default;  // NOLINT(modernize-use-nullptr): a false alarm
};
inline constexpr Position kBeforeAll{INT64_MIN, 0};
inline constexpr Position kAfterAll{INT64_MAX, INT64_MAX};

// What CloudWatch counts for an event beside its message.
inline constexpr std::int64_t kEventOverhead = 26;
inline constexpr std::int64_t kPageBytes = 1 << 20;
inline constexpr int kMaxPage = 10'000;

// kNotFound, "group 'g' does not exist".
Result<std::int64_t> FindGroup(metastore::Session& session, std::string_view scope,
                               std::string_view group);

struct StreamRow {
  std::int64_t id = 0;
  std::int64_t group_id = 0;
  std::int64_t stored_bytes = 0;
  std::optional<std::int64_t> last_event;
};
// kNotFound, "group …" or "stream …".
Result<StreamRow> FindStream(metastore::Session& session, std::string_view scope,
                             std::string_view group, std::string_view stream);

}  // namespace sagebrush::logstore::internal
