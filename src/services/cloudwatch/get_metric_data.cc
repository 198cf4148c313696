// SPDX-License-Identifier: Apache-2.0
// The answer is one long list: the queries in their order, each query's points in the order asked for. A token is a place in
// it (query, time), so a page that follows goes on there whatever has been put meanwhile.
#include "services/cloudwatch/get_metric_data.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/strings.h"
#include "metastore/page_token.h"
#include "services/cloudwatch/metric_query.h"

namespace sagebrush::services::cloudwatch {

namespace {

using api::cloudwatch::GetMetricDataInput;
using api::cloudwatch::MetricDataQuery;
using api::cloudwatch::MetricDataResult;
using api::cloudwatch::ScanBy;
using api::cloudwatch::StatusCode;

constexpr std::int32_t kMaxPoints = 100'800;  // API reference, GetMetricData
constexpr std::string_view kPurpose = "metrics.data.1";

struct Place {
  std::size_t query = 0;
  std::optional<std::int64_t> after_s;  // the last point that was given
};

Result<Place> ReadToken(const std::string& token) {
  if (token.empty()) return Place{};
  ASSIGN_OR_RETURN(const auto fields, metastore::ReadPageToken(kPurpose, token, 2));
  const auto query = ParseUint(fields[0]);
  const auto after = ParseInt(fields[1]);
  if (!query || !after) return InvalidArgument("not a token of ours");
  return Place{static_cast<std::size_t>(*query), *after};
}

// The label of a query that brings none: an expression's id, or the metric's name with what the queries of metrics differ
// in, their statistics and their periods (recorded from AWS: "metric1 Sum 60" beside "metric1 Minimum 30").
class Labels {
 public:
  explicit Labels(const std::vector<MetricDataQuery>& queries) {
    std::set<std::string> stats;
    std::set<std::int32_t> periods;
    for (const MetricDataQuery& query : queries) {
      if (!query.metric_stat) continue;
      stats.insert(query.metric_stat->stat);
      periods.insert(query.metric_stat->period);
    }
    with_stat_ = stats.size() > 1;
    with_period_ = periods.size() > 1;
  }

  std::string Of(const MetricDataQuery& query) const {
    if (query.label) return *query.label;
    if (!query.metric_stat) return query.id;
    std::string label = *query.metric_stat->metric.metric_name;
    if (with_stat_) label += " " + query.metric_stat->stat;
    if (with_period_) label += " " + std::to_string(query.metric_stat->period);
    return label;
  }

 private:
  bool with_stat_ = false, with_period_ = false;
};

// AWS counts in whole seconds here.
std::optional<aws::Error> CheckWindow(const GetMetricDataInput& request) {
  const double start = std::floor(request.start_time), end = std::floor(request.end_time);
  if (start == end)
    return ValidationError("The parameter StartTime must not equal parameter EndTime.");
  if (!(start < end))
    return ValidationError("The parameter EndTime must be greater than StartTime.");
  return std::nullopt;
}

// Adds the points after `after`, as many as there is room for; whether some are left.
bool Fill(const Series& series, bool descending, std::optional<std::int64_t> after,
          std::int64_t* room, MetricDataResult* result) {
  std::vector<std::pair<std::int64_t, double>> points(series.begin(), series.end());
  if (descending) std::reverse(points.begin(), points.end());
  auto& timestamps = result->timestamps.emplace();
  auto& values = result->values.emplace();
  for (const auto& [start, value] : points) {
    if (after && (descending ? start >= *after : start <= *after)) continue;
    if (*room == 0) return true;
    timestamps.push_back(static_cast<double>(start));
    values.push_back(value);
    --*room;
  }
  return false;
}

}  // namespace

aws::Outcome<Json> GetMetricData(metricstore::MetricStore& store, const RequestContext& context,
                                 const GetMetricDataInput& request) {
  if (auto refusal = CheckWindow(request)) return *std::move(refusal);
  if (const auto most = request.max_datapoints; most && (*most < 1 || *most > kMaxPoints))
    return ValidationError("The value " + std::to_string(*most) +
                           " for parameter MaxDatapoints is invalid: it must be 1 to 100800.");
  MetricQueries queries(store, context, request);
  if (auto refusal = queries.Check()) return *std::move(refusal);
  const auto place = ReadToken(request.next_token.value_or(""));
  if (!place.ok())
    return aws::Error{.code = "InvalidNextToken",
                      .message = "The next token specified is invalid."};
  const bool descending =
      request.scan_by.value_or(ScanBy::kTimestampDescending) == ScanBy::kTimestampDescending;

  api::cloudwatch::GetMetricDataOutput output;
  output.messages.emplace();
  auto& results = output.metric_data_results.emplace();
  std::int64_t room = request.max_datapoints.value_or(kMaxPoints);
  const auto& list = request.metric_data_queries;
  const Labels labels(list);
  for (std::size_t i = place->query; i < list.size() && !output.next_token; ++i) {
    if (!list[i].return_data.value_or(true)) continue;
    ASSIGN_OR_RETURN(const Series series, queries.SeriesOf(i));
    MetricDataResult result;
    result.id = list[i].id;
    result.label = labels.Of(list[i]);
    if (const std::string units = queries.UnitsOf(i); !units.empty())
      result.messages.emplace().push_back(
          {.code = "MultipleUnits", .value = "Multiple units returned: '[" + units + "]'"});
    const bool continued = i == place->query && place->after_s.has_value();
    if (!Fill(series, descending, continued ? place->after_s : std::nullopt, &room, &result)) {
      result.status_code = StatusCode::kComplete;
      results.push_back(std::move(result));
      continue;
    }
    const bool begins_later = result.timestamps->empty();
    const std::int64_t last = begins_later ? (descending ? INT64_MAX : INT64_MIN)
                                           : static_cast<std::int64_t>(result.timestamps->back());
    output.next_token =
        metastore::MakePageToken(kPurpose, {std::to_string(i), std::to_string(last)});
    result.status_code = StatusCode::kPartialData;
    if (!begins_later) results.push_back(std::move(result));
  }
  return ToJson(output);
}

}  // namespace sagebrush::services::cloudwatch
