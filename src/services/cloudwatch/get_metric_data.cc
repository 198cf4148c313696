// SPDX-License-Identifier: Apache-2.0
// The answer is one long list: the queries in their order, each query's points in the order asked for. A token is a place in
// it (query, time), so a page that follows goes on there whatever has been put meanwhile.
#include "services/cloudwatch/get_metric_data.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "metastore/page_token.h"
#include "services/cloudwatch/statistic.h"

namespace sagebrush::services::cloudwatch {

namespace {

using api::cloudwatch::GetMetricDataInput;
using api::cloudwatch::MetricDataQuery;
using api::cloudwatch::MetricDataResult;

// API reference, GetMetricData.
constexpr std::size_t kMaxQueries = 500;
constexpr std::int32_t kMaxPoints = 100'800;
constexpr std::string_view kPurpose = "metrics.data.1";

bool IsId(std::string_view id) {
  if (id.empty() || id.size() > 255 || id[0] < 'a' || id[0] > 'z') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::optional<aws::Error> CheckQuery(const MetricDataQuery& query, const std::string& name,
                                     const std::string& account) {
  if (!IsId(query.id))
    return ValidationError("The value " + query.id + " for parameter " + name + ".Id is invalid.");
  if (query.expression && query.metric_stat)
    return ValidationError("The parameters " + name + ".Expression and " + name +
                           ".MetricStat are mutually exclusive and you have specified both.");
  if (query.expression)
    return ValidationError("Error in expression '" + query.id +
                           "': metric math is not available on this server; ask for the metrics "
                           "with MetricStat and calculate from their values.");
  if (!query.metric_stat)
    return ValidationError("Exactly one of the parameters " + name + ".Expression and " + name +
                           ".MetricStat must be specified.");
  if (query.period)
    return ValidationError("The parameters " + name + ".Period and " + name +
                           ".MetricStat are mutually exclusive and you have specified both.");
  if (query.account_id && *query.account_id != account)
    return ValidationError("The value " + *query.account_id + " for parameter " + name +
                           ".AccountId is invalid: this server has the metrics of account " +
                           account + " only.");
  const auto& stat = *query.metric_stat;
  for (const auto& [member, value] : {std::pair("Namespace", &stat.metric.namespace_),
                                      std::pair("MetricName", &stat.metric.metric_name)})
    if (!*value)
      return ValidationError("The parameter " + name + ".MetricStat.Metric." + member +
                             " is required.");
  if (!IsPeriod(stat.period)) return ValidationError(PeriodRefusal(name + ".MetricStat.Period"));
  if (!ParseStatistic(stat.stat))
    return ValidationError("The value " + stat.stat + " for parameter " + name +
                           ".MetricStat.Stat is not a valid statistic." +
                           (IsTrimmedStatistic(stat.stat)
                                ? " Of the extended ones this server has percentiles (p0 to p100)."
                                : ""));
  return std::nullopt;
}

std::optional<aws::Error> Check(const GetMetricDataInput& request, const std::string& account) {
  if (request.start_time >= request.end_time)
    return ValidationError("The parameter StartTime must be less than the parameter EndTime.");
  if (request.metric_data_queries.size() > kMaxQueries)
    return ValidationError(
        "The collection MetricDataQueries must not have a size greater than 500.");
  if (const auto most = request.max_datapoints; most && (*most < 1 || *most > kMaxPoints))
    return ValidationError("The value " + std::to_string(*most) +
                           " for parameter MaxDatapoints is invalid: it must be 1 to 100800.");
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < request.metric_data_queries.size(); ++i) {
    const MetricDataQuery& query = request.metric_data_queries[i];
    if (auto refusal =
            CheckQuery(query, "MetricDataQueries.member." + std::to_string(i + 1), account))
      return refusal;
    if (!ids.insert(query.id).second)
      return ValidationError("The values for parameter id in MetricDataQueries are not unique.");
  }
  if (request.metric_data_queries.empty())
    return ValidationError("The parameter MetricDataQueries is required.");
  return std::nullopt;
}

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

}  // namespace

aws::Outcome<Json> GetMetricData(metricstore::MetricStore& store, const RequestContext& context,
                                 const GetMetricDataInput& request) {
  if (auto refusal = Check(request, context.account)) return *std::move(refusal);
  const auto place = ReadToken(request.next_token.value_or(""));
  if (!place.ok())
    return aws::Error{.code = "InvalidNextToken",
                      .message = "The next token specified is invalid."};
  const bool descending = request.scan_by.value_or(api::cloudwatch::ScanBy::kTimestampDescending) ==
                          api::cloudwatch::ScanBy::kTimestampDescending;

  api::cloudwatch::GetMetricDataOutput output;
  output.messages.emplace();
  auto& results = output.metric_data_results.emplace();
  std::int64_t room = request.max_datapoints.value_or(kMaxPoints);
  const auto& queries = request.metric_data_queries;
  for (std::size_t i = place->query; i < queries.size() && !output.next_token; ++i) {
    const MetricDataQuery& query = queries[i];
    if (!query.return_data.value_or(true)) continue;
    const auto& stat = *query.metric_stat;
    const Statistic statistic = *ParseStatistic(stat.stat);
    const Window window =
        RoundWindow(request.start_time, request.end_time, stat.period, context.now);
    metricstore::ReadRequest read;
    read.metric = {*stat.metric.namespace_, *stat.metric.metric_name,
                   ToStore(stat.metric.dimensions)};
    if (stat.unit) read.unit = ToString(*stat.unit);
    read.start_s = window.start_s;
    read.end_s = window.end_s;
    read.period_s = stat.period;
    read.with_values = statistic.is_percentile();
    auto points = store.Read(context.scope(), read);
    if (!points.ok()) return FromStore(points.status());
    if (descending) std::reverse(points->begin(), points->end());

    MetricDataResult& result = results.emplace_back();
    result.id = query.id;
    result.label = query.label.value_or(*stat.metric.metric_name);
    result.status_code = api::cloudwatch::StatusCode::kComplete;
    auto& timestamps = result.timestamps.emplace();
    auto& values = result.values.emplace();
    std::optional<std::int64_t> after;
    if (i == place->query) after = place->after_s;
    for (const metricstore::Point& point : *points) {
      if (after && (descending ? point.start_s >= *after : point.start_s <= *after)) continue;
      const auto value = ValueOf(statistic, point.summary);
      if (!value) continue;
      if (room == 0) {
        result.status_code = api::cloudwatch::StatusCode::kPartialData;
        const std::int64_t last = timestamps.empty() ? (descending ? INT64_MAX : INT64_MIN)
                                                     : static_cast<std::int64_t>(timestamps.back());
        output.next_token =
            metastore::MakePageToken(kPurpose, {std::to_string(i), std::to_string(last)});
        break;
      }
      timestamps.push_back(static_cast<double>(point.start_s));
      values.push_back(*value);
      --room;
    }
    if (output.next_token && timestamps.empty()) results.pop_back();  // it begins on the next page
  }
  return ToJson(output);
}

}  // namespace sagebrush::services::cloudwatch
