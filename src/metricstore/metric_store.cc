// SPDX-License-Identifier: Apache-2.0
// The store over one SQLite file, metrics.db. A put first folds its data into cells (series, resolution, period, unit) on
// the caller's thread; one Write then adds the cells to what is there.
#include "metricstore/metric_store.h"

#include <map>
#include <tuple>

#include "base/strings.h"
#include "metastore/page_token.h"
#include "metricstore/internal/roll_up.h"
#include "metricstore/internal/tables.h"
#include "metricstore/limits.h"

namespace sagebrush::metricstore {

namespace {

using metastore::Row;
using metastore::Session;
using metastore::Value;

constexpr std::string_view kListPurpose = "metrics.list.1";
constexpr int kMaxLooked = 100'000;  // bounds the time of a filter that matches nothing
constexpr std::int64_t kSecond = 1, kMinute = 60;

// One series with what a put brings to it.
struct Series {
  std::string name_space, name, dimensions;
  std::int64_t last_at_ms = INT64_MIN;
  double last_value = 0;
  // (resolution, start, unit) → what is added
  std::map<std::tuple<std::int64_t, std::int64_t, std::string>, Summary> cells;
};
using SeriesMap = std::map<std::tuple<std::string, std::string, std::string>, Series>;

void AddTo(SeriesMap* all, const Datum& datum) {
  std::string dimensions = internal::PackDimensions(datum.metric.dimensions);
  Series& series = (*all)[{datum.metric.name_space, datum.metric.name, dimensions}];
  series.name_space = datum.metric.name_space;
  series.name = datum.metric.name;
  series.dimensions = std::move(dimensions);
  if (datum.at_ms >= series.last_at_ms) {
    series.last_at_ms = datum.at_ms;
    series.last_value = datum.summary.Average();
  }
  const std::int64_t resolution = datum.high_resolution ? kSecond : kMinute;
  const std::int64_t start = FloorTo(FloorTo(datum.at_ms, 1000) / 1000, resolution);
  series.cells[{resolution, start, datum.unit}].Add(datum.summary);
}

Status Write(Session& session, const std::string& scope, const Series& series, std::int64_t now) {
  std::int64_t id = 0;
  RETURN_IF_ERROR(session.Query(
      "INSERT INTO metrics(scope, namespace, name, dimensions, last_put, last_at, last_value) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(scope, namespace, name, dimensions) DO "
      "UPDATE SET last_put = max(last_put, ?5), "
      "last_value = CASE WHEN ?6 >= last_at THEN ?7 ELSE last_value END, "
      "last_at = max(last_at, ?6) RETURNING id",
      {scope, series.name_space, series.name, series.dimensions, now, series.last_at_ms,
       series.last_value},
      [&](const Row& row) {
        id = row.Int(0);
        return true;  // to the end: an INSERT is over when its rows are
      }));
  for (const auto& [place, summary] : series.cells) {
    const auto& [resolution, start, unit] = place;
    RETURN_IF_ERROR(internal::AddToCell(session, {id, resolution, start, unit}, summary));
  }
  return Status::Ok();
}

Result<std::int64_t> FindSource(Session& session, const std::string& source) {
  std::int64_t highest = -1;
  RETURN_IF_ERROR(
      session.Query("SELECT sequence FROM sources WHERE source = ?", {source}, [&](const Row& row) {
        highest = row.Int(0);
        return false;
      }));
  return highest;
}

// Columns: namespace, name, dimensions, last_put, last_at, last_value.
Result<MetricInfo> ReadInfo(const Row& row) {
  MetricInfo info;
  info.metric.name_space = row.Text(0);
  info.metric.name = row.Text(1);
  ASSIGN_OR_RETURN(info.metric.dimensions, internal::UnpackDimensions(row.Text(2)));
  info.last_put_ms = row.Int(3);
  info.last_at_ms = row.Int(4);
  info.last_value = row.Double(5);
  return info;
}

bool Matches(const Metric& metric, const std::vector<DimensionFilter>& filters) {
  for (const DimensionFilter& filter : filters) {
    bool found = false;
    for (const Dimension& dimension : metric.dimensions)
      found = found || (dimension.name == filter.name &&
                        (!filter.value || dimension.value == *filter.value));
    if (!found) return false;
  }
  return true;
}

class SqlMetricStore final : public MetricStore {
 public:
  SqlMetricStore(std::unique_ptr<metastore::Database> database, const Clock& clock)
      : database_(std::move(database)), clock_(clock) {}

  Status Put(std::string_view scope, std::vector<Datum> data) override {
    const std::string scope_text(scope);
    const std::int64_t now = ToMillis(clock_.Now());
    SeriesMap all;
    for (const Datum& datum : data) AddTo(&all, datum);
    if (all.empty()) return Status::Ok();
    return database_->Write([&](Session& session) -> Status {
      for (const auto& [key, series] : all)
        RETURN_IF_ERROR(metricstore::Write(session, scope_text, series, now));
      return Status::Ok();
    });
  }

  Status PutBatch(std::string_view scope, SourceBatch batch) override {
    const std::string scope_text(scope);
    const std::int64_t now = ToMillis(clock_.Now());
    return database_->Write([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(const std::int64_t highest, FindSource(session, batch.source));
      if (highest >= batch.last_sequence) return Status::Ok();
      if (batch.found_after && *batch.found_after != highest)
        return Unavailable("another batch of " + batch.source + " came between; send this again");
      SeriesMap all;
      for (const auto& item : batch.items)
        if (item.sequence > highest) AddTo(&all, item.datum);
      for (const auto& [key, series] : all)
        RETURN_IF_ERROR(metricstore::Write(session, scope_text, series, now));
      return session
          .Execute(
              "INSERT INTO sources(source, sequence, updated) VALUES(?1, ?2, ?3) "
              "ON CONFLICT(source) DO UPDATE SET sequence = ?2, updated = ?3",
              {batch.source, batch.last_sequence, now})
          .status();
    });
  }

  Result<std::int64_t> LastSequence(std::string_view source) override {
    std::int64_t highest = -1;
    RETURN_IF_ERROR(database_->Read([&](Session& session) -> Status {
      ASSIGN_OR_RETURN(highest, FindSource(session, std::string(source)));
      return Status::Ok();
    }));
    return highest;
  }

  Result<std::vector<Point>> Read(std::string_view scope, const ReadRequest& request) override {
    if (request.period_s < 1) return InvalidArgument("a period lasts at least a second");
    std::map<std::pair<std::int64_t, std::string>, Summary> points;
    RETURN_IF_ERROR(database_->Read([&](Session& session) -> Status {
      std::optional<std::int64_t> id;
      RETURN_IF_ERROR(session.Query(
          "SELECT id FROM metrics WHERE scope = ? AND namespace = ? AND name = ? AND dimensions = "
          "?",
          {std::string(scope), request.metric.name_space, request.metric.name,
           internal::PackDimensions(request.metric.dimensions)},
          [&](const Row& row) {
            id = row.Int(0);
            return false;
          }));
      if (!id) return Status::Ok();
      for (const auto& resolution : kResolutions) {
        // CloudWatch shows minutes at any period (User Guide, alarms: a 10 s period over a metric of minutes gets data for
        // those attempts that meet a minute), and what was folded since only at its own resolution or coarser.
        if (resolution.seconds > kMinute && resolution.seconds > request.period_s) continue;
        RETURN_IF_ERROR(ReadResolution(session, *id, resolution.seconds, request, &points));
      }
      return Status::Ok();
    }));
    std::vector<Point> result;
    for (auto& [place, summary] : points)
      result.push_back({place.first, place.second, std::move(summary)});
    return result;
  }

  Result<std::optional<MetricInfo>> Find(std::string_view scope, const Metric& metric) override {
    std::optional<MetricInfo> found;
    Status read;
    RETURN_IF_ERROR(database_->Read([&](Session& session) {
      return session.Query(
          "SELECT namespace, name, dimensions, last_put, last_at, last_value FROM metrics WHERE "
          "scope = ? AND namespace = ? AND name = ? AND dimensions = ?",
          {std::string(scope), metric.name_space, metric.name,
           internal::PackDimensions(metric.dimensions)},
          [&](const Row& row) {
            auto info = ReadInfo(row);
            read = info.status();
            if (read.ok()) found = *std::move(info);
            return false;
          });
    }));
    RETURN_IF_ERROR(read);
    return found;
  }

  Result<ListPage> List(std::string_view scope, const ListRequest& request) override {
    std::string sql =
        "SELECT namespace, name, dimensions, last_put, last_at, last_value FROM metrics WHERE "
        "scope = ?";
    std::vector<Value> values{std::string(scope)};
    if (request.name_space) {
      sql += " AND namespace = ?";
      values.emplace_back(*request.name_space);
    }
    if (request.name) {
      sql += " AND name = ?";
      values.emplace_back(*request.name);
    }
    if (!request.token.empty()) {
      ASSIGN_OR_RETURN(auto fields, metastore::ReadPageToken(kListPurpose, request.token, 3));
      sql += " AND (namespace, name, dimensions) > (?, ?, ?)";
      for (std::string& field : fields) values.emplace_back(std::move(field));
    }
    sql += " AND last_put >= ? ORDER BY namespace, name, dimensions LIMIT ?";
    values.emplace_back(request.put_since_ms);
    values.emplace_back(std::int64_t{kMaxLooked});

    ListPage page;
    int looked = 0;
    Status read;
    std::vector<std::string> place;
    RETURN_IF_ERROR(database_->Read([&](Session& session) {
      return session.Query(sql, values, [&](const Row& row) {
        if (static_cast<int>(page.metrics.size()) == request.limit) {
          page.next_token = metastore::MakePageToken(kListPurpose, place);
          return false;
        }
        ++looked;
        place = {std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2))};
        auto info = ReadInfo(row);
        read = info.status();
        if (!read.ok()) return false;
        if (Matches(info->metric, request.dimensions)) page.metrics.push_back(*std::move(info));
        return true;
      });
    }));
    RETURN_IF_ERROR(read);
    if (looked == kMaxLooked && page.next_token.empty())
      page.next_token = metastore::MakePageToken(kListPurpose, place);
    return page;
  }

  Status RollUp() override {
    return internal::RollUpAll(*database_, ToMillis(clock_.Now()) / 1000);
  }

 private:
  static Status ReadResolution(Session& session, std::int64_t id, std::int64_t resolution,
                               const ReadRequest& request,
                               std::map<std::pair<std::int64_t, std::string>, Summary>* points) {
    static const std::string select =
        "SELECT start, unit, " + std::string(internal::kFigureColumns) +
        " FROM data WHERE metric_id = ? AND resolution = ? AND start >= ? AND start < ? ORDER BY "
        "start, unit";
    Status read;
    RETURN_IF_ERROR(session.Query(
        select, {id, resolution, request.start_s, request.end_s}, [&](const Row& row) {
          if (request.unit && row.Text(1) != *request.unit) return true;
          const std::int64_t since = row.Int(0) - request.start_s;
          auto summary = internal::ReadFigures(row, 2, request.with_values);
          read = summary.status();
          if (!read.ok()) return false;
          (*points)[{request.start_s + FloorTo(since, request.period_s),
                     request.by_unit ? std::string(row.Text(1)) : ""}]
              .Add(*summary);
          return true;
        }));
    return read;
  }

  const std::unique_ptr<metastore::Database> database_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<MetricStore>> MetricStore::Open(const std::filesystem::path& folder,
                                                       const Clock& clock) {
  ASSIGN_OR_RETURN(auto database,
                   metastore::Database::Open(folder / "metrics.db", internal::MetricMigrations()));
  return std::unique_ptr<MetricStore>(std::make_unique<SqlMetricStore>(std::move(database), clock));
}

}  // namespace sagebrush::metricstore
