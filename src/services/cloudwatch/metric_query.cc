// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/metric_query.h"

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "services/cloudwatch/statistic.h"

namespace sagebrush::services::cloudwatch {

namespace {

using api::cloudwatch::MetricDataQuery;
using api::cloudwatch::MetricStat;

constexpr std::size_t kMaxQueries = 500;  // API reference, GetMetricData

bool IsId(std::string_view id) {
  if (id.empty() || id.size() > 255 || id[0] < 'a' || id[0] > 'z') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

aws::Error InExpression(const std::string& id, const std::string& what) {
  return ValidationError("Error in expression '" + id + "': " + what + ".");
}

// Of a metric with several units GetMetricData gives one's data, when asked for none: the first in this order (recorded
// from AWS).
constexpr std::string_view kUnitOrder[] = {"Megabits",
                                           "Terabits",
                                           "Gigabits",
                                           "Count",
                                           "Bytes",
                                           "Gigabytes",
                                           "Gigabytes/Second",
                                           "Kilobytes",
                                           "Kilobits/Second",
                                           "Terabytes",
                                           "Terabits/Second",
                                           "Bytes/Second",
                                           "Percent",
                                           "Megabytes",
                                           "Megabits/Second",
                                           "Milliseconds",
                                           "Microseconds",
                                           "Kilobytes/Second",
                                           "Gigabits/Second",
                                           "Megabytes/Second",
                                           "Bits",
                                           "Bits/Second",
                                           "Count/Second",
                                           "Seconds",
                                           "Kilobits",
                                           "Terabytes/Second",
                                           "None"};

std::string FirstUnit(const std::set<std::string>& units) {
  for (const std::string_view unit : kUnitOrder)
    if (const auto found = units.find(std::string(unit)); found != units.end()) return *found;
  return units.empty() ? "" : *units.begin();
}

}  // namespace

std::optional<aws::Error> MetricQueries::Check() {
  const auto& queries = request_.metric_data_queries;
  if (queries.empty()) return ValidationError("The parameter MetricDataQueries is required.");
  if (queries.size() > kMaxQueries)
    return ValidationError(
        "The collection MetricDataQueries must not have a size greater than 500.");
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (auto refusal = CheckQuery(i)) return refusal;
    if (!by_id_.emplace(queries[i].id, i).second)
      return ValidationError("The values for parameter id in MetricDataQueries are not unique.");
  }
  return CheckReferences();
}

std::optional<aws::Error> MetricQueries::CheckQuery(std::size_t index) {
  const MetricDataQuery& query = request_.metric_data_queries[index];
  const std::string name = "MetricDataQueries.member." + std::to_string(index + 1);
  if (!IsId(query.id))
    return ValidationError("The value " + query.id + " for parameter " + name + ".Id is invalid.");
  if (query.account_id && *query.account_id != context_.account)
    return ValidationError("The value " + *query.account_id + " for parameter " + name +
                           ".AccountId is invalid: this server has the metrics of account " +
                           context_.account + " only.");
  if (query.expression && query.metric_stat)
    return ValidationError("The parameters " + name + ".Expression and " + name +
                           ".MetricStat are mutually exclusive and you have specified both.");
  if (query.expression) {
    auto math = MetricMath::Parse(*query.expression);
    if (!math.ok()) return InExpression(query.id, math.status().message());
    if (math->references().empty()) return InExpression(query.id, "it names no metric");
    expressions_.emplace(index, *std::move(math));
    return std::nullopt;
  }
  if (!query.metric_stat)
    return ValidationError("The parameter " + name + ".MetricStat is required.\n");
  if (query.period)
    return ValidationError("The parameters " + name + ".Period and " + name +
                           ".MetricStat are mutually exclusive and you have specified both.");
  return CheckStat(*query.metric_stat, name + ".MetricStat");
}

std::optional<aws::Error> MetricQueries::CheckStat(const MetricStat& stat,
                                                   const std::string& name) {
  for (const auto& [member, value] : {std::pair("Namespace", &stat.metric.namespace_),
                                      std::pair("MetricName", &stat.metric.metric_name)})
    if (!*value)
      return ValidationError("The parameter " + name + ".Metric." + member + " is required.");
  if (!IsPeriod(stat.period)) return ValidationError(PeriodRefusal(name + ".Period"));
  if (ParseStatistic(stat.stat)) return std::nullopt;
  return ValidationError("The value " + stat.stat + " for parameter " + name +
                         ".Stat is not a valid statistic." +
                         (IsTrimmedStatistic(stat.stat)
                              ? " Of the extended ones this server has percentiles (p0 to p100)."
                              : ""));
}

// What an expression names must be there, and lead to metrics of one period, not back to itself.
std::optional<aws::Error> MetricQueries::CheckReferences() {
  const auto& queries = request_.metric_data_queries;
  for (const auto& [index, math] : expressions_) {
    std::set<std::size_t> seen;
    std::vector<std::size_t> open = {index};
    std::optional<std::int32_t> period;
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      const auto expression = expressions_.find(at);
      if (expression == expressions_.end()) {
        const std::int32_t its = queries[at].metric_stat->period;
        if (period.value_or(its) != its)
          return InExpression(queries[index].id, "its metrics have different periods");
        period = its;
        continue;
      }
      for (const std::string& id : expression->second.references()) {
        const auto found = by_id_.find(id);
        if (found == by_id_.end())
          return InExpression(queries[index].id, "there is no query with the id " + id);
        if (found->second == index) return InExpression(queries[index].id, "it depends on itself");
        if (seen.insert(found->second).second) open.push_back(found->second);
      }
    }
  }
  return std::nullopt;
}

aws::Outcome<Series> MetricQueries::SeriesOf(std::size_t index) {
  if (const auto known = known_.find(index); known != known_.end()) return known->second;
  if (expressions_.contains(index)) return Calculate(index);
  auto series = ReadStat(index);
  if (!series.ok()) return FromStore(series.status());
  return *std::move(series);
}

aws::Outcome<Series> MetricQueries::Calculate(std::size_t index) {
  const MetricMath& math = expressions_.at(index);
  for (const std::string& id : math.references()) {
    const std::size_t other = by_id_.at(id);
    if (known_.contains(other)) continue;
    ASSIGN_OR_RETURN(Series series, SeriesOf(other));
    known_.emplace(other, std::move(series));
  }
  auto result = math.Evaluate(
      [&](const std::string& id) -> const Series& { return known_.at(by_id_.at(id)); });
  if (!result.ok())
    return InExpression(request_.metric_data_queries[index].id, result.status().message());
  return *std::move(result);
}

std::string MetricQueries::UnitsOf(std::size_t index) const {
  const auto found = units_.find(index);
  return found == units_.end() ? "" : found->second;
}

Result<Series> MetricQueries::ReadStat(std::size_t index) {
  const MetricStat& stat = *request_.metric_data_queries[index].metric_stat;
  const Statistic statistic = *ParseStatistic(stat.stat);
  const Window window =
      RoundWindow(request_.start_time, request_.end_time, stat.period, context_.now);
  metricstore::ReadRequest read;
  read.metric = {*stat.metric.namespace_, *stat.metric.metric_name,
                 ToStore(stat.metric.dimensions)};
  if (stat.unit) read.unit = ToString(*stat.unit);
  read.start_s = window.start_s;
  read.end_s = window.end_s;
  read.period_s = stat.period;
  read.by_unit = true;
  read.with_values = statistic.is_percentile();
  ASSIGN_OR_RETURN(const auto points, store_.Read(context_.scope(), read));
  std::set<std::string> units;
  for (const metricstore::Point& point : points) units.insert(point.unit);
  if (units.size() > 1) units_[index] = Join({units.begin(), units.end()}, ", ");
  const std::string unit = FirstUnit(units);
  Series series;
  for (const metricstore::Point& point : points) {
    if (point.unit != unit) continue;
    if (const auto value = ValueOf(statistic, point.summary)) series[point.start_s] = *value;
  }
  return series;
}

}  // namespace sagebrush::services::cloudwatch
