// SPDX-License-Identifier: Apache-2.0
// The queries of one GetMetricData: checked in AWS's words, and each one's series, read from the store or calculated from
// others (metric_math.h). One object a request, on the request's thread.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "services/cloudwatch/common.h"
#include "services/cloudwatch/metric_math.h"

namespace sagebrush::services::cloudwatch {

class MetricQueries {
 public:
  // Borrows all three.
  MetricQueries(metricstore::MetricStore& store, const RequestContext& context,
                const api::cloudwatch::GetMetricDataInput& request)
      : store_(store), context_(context), request_(request) {}

  // Reads and checks all queries, before anything else.
  std::optional<aws::Error> Check();
  // Of the query at `index`; what others need again is kept.
  aws::Outcome<Series> SeriesOf(std::size_t index);
  // "Count, Seconds" if the query names no unit and its metric has data in several: the series is of one of them. Known
  // once the series was asked for; "" otherwise.
  std::string UnitsOf(std::size_t index) const;

 private:
  std::optional<aws::Error> CheckQuery(std::size_t index);
  std::optional<aws::Error> CheckStat(const api::cloudwatch::MetricStat& stat,
                                      const std::string& name);
  std::optional<aws::Error> CheckReferences();
  Result<Series> ReadStat(std::size_t index);
  aws::Outcome<Series> Calculate(std::size_t index);

  metricstore::MetricStore& store_;
  const RequestContext& context_;
  const api::cloudwatch::GetMetricDataInput& request_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
  std::map<std::size_t, MetricMath> expressions_;  // by index
  std::map<std::size_t, Series> known_;            // of those that expressions name
  std::map<std::size_t, std::string> units_;       // of those that have several
};

}  // namespace sagebrush::services::cloudwatch
