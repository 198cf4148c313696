// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/get_metric_statistics.h"

#include <cmath>

#include "services/cloudwatch/statistic.h"

namespace sagebrush::services::cloudwatch {

namespace {

using api::cloudwatch::Datapoint;
using api::cloudwatch::GetMetricStatisticsInput;

constexpr std::int64_t kMaxPoints = 1440;

std::optional<aws::Error> Check(const GetMetricStatisticsInput& request) {
  const bool plain = request.statistics && !request.statistics->empty();
  const bool extended = request.extended_statistics && !request.extended_statistics->empty();
  if (!plain && !extended)
    return InvalidCombination(
        "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  if (plain && extended) return BothGiven("Statistics", "ExtendedStatistics");
  if (!IsPeriod(request.period)) return InvalidValue(PeriodRefusal("Period"));
  if (std::floor(request.start_time) >= std::floor(request.end_time))  // AWS: in whole seconds
    return InvalidValue("The parameter StartTime must be less than the parameter EndTime.");
  const double points = (request.end_time - request.start_time) / request.period;
  if (points > static_cast<double>(kMaxPoints))
    return InvalidCombination(
        "You have requested up to " +
        std::to_string(static_cast<std::int64_t>(std::min(points, 1e15))) +
        " datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by "
        "increasing Period, or decreasing the time range.");
  return std::nullopt;
}

void Fill(const std::vector<api::cloudwatch::Statistic>& statistics,
          const metricstore::Summary& summary, Datapoint* point) {
  using api::cloudwatch::Statistic;
  for (const Statistic statistic : statistics) {
    switch (statistic) {
      case Statistic::kAverage:
        point->average = summary.Average();
        break;
      case Statistic::kSum:
        point->sum = summary.sum();
        break;
      case Statistic::kMinimum:
        point->minimum = summary.minimum();
        break;
      case Statistic::kMaximum:
        point->maximum = summary.maximum();
        break;
      case Statistic::kSampleCount:
        point->sample_count = summary.samples();
        break;
    }
  }
}

}  // namespace

aws::Outcome<Json> GetMetricStatistics(metricstore::MetricStore& store,
                                       const RequestContext& context,
                                       const GetMetricStatisticsInput& request) {
  if (auto refusal = Check(request)) return *std::move(refusal);
  std::vector<std::pair<std::string, Statistic>> percentiles;
  if (request.extended_statistics) {
    for (const std::string& name : *request.extended_statistics) {
      const auto statistic = ParsePercentile(name);
      if (!statistic)
        return InvalidValue("The value " + name + " for parameter ExtendedStatistics is " +
                            (IsTrimmedStatistic(name)
                                 ? "not available on this server; percentiles (p0 to p100) are."
                                 : "invalid."));
      percentiles.emplace_back(name, *statistic);
    }
  }
  const Window window =
      RoundWindow(request.start_time, request.end_time, request.period, context.now);
  metricstore::ReadRequest read;
  read.metric = {request.namespace_, request.metric_name, ToStore(request.dimensions)};
  if (request.unit) read.unit = ToString(*request.unit);
  read.start_s = window.start_s;
  read.end_s = window.end_s;
  read.period_s = request.period;
  read.by_unit = true;
  read.with_values = !percentiles.empty();
  const auto points = store.Read(context.scope(), read);
  if (!points.ok()) return FromStore(points.status());

  api::cloudwatch::GetMetricStatisticsOutput output;
  output.label = request.metric_name;
  auto& list = output.datapoints.emplace();
  for (const metricstore::Point& point : *points) {
    Datapoint made;
    made.timestamp = static_cast<double>(point.start_s);
    if (request.statistics) Fill(*request.statistics, point.summary, &made);
    for (const auto& [name, statistic] : percentiles)
      if (const auto value = ValueOf(statistic, point.summary)) {
        if (!made.extended_statistics) made.extended_statistics.emplace();
        (*made.extended_statistics)[name] = *value;
      }
    // A period whose values nobody knows has no percentiles: AWS shows no point then.
    if (!percentiles.empty() && !made.extended_statistics) continue;
    api::cloudwatch::StandardUnit unit{};
    if (Parse(point.unit, &unit)) made.unit = unit;
    list.push_back(std::move(made));
  }
  return ToJson(output);
}

}  // namespace sagebrush::services::cloudwatch
