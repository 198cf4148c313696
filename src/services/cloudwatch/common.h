// SPDX-License-Identifier: Apache-2.0
// What CloudWatch's operations share: errors in AWS's words, dimensions, periods and the rounding of start times. Texts
// that are quoted from AWS come from errors that its users have reported. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/error.h"
#include "aws_models/cloudwatch/metric.h"
#include "metricstore/metric_store.h"
#include "services/context.h"

namespace sagebrush::services::cloudwatch {

aws::Error InvalidValue(std::string message);        // InvalidParameterValue
aws::Error InvalidCombination(std::string message);  // InvalidParameterCombination
aws::Error ValidationError(std::string message);     // GetMetricData's
aws::Error BothGiven(const std::string& a, const std::string& b);
aws::Error FromStore(const Status& status);

std::vector<metricstore::Dimension> ToStore(
    const std::optional<std::vector<api::cloudwatch::Dimension>>& dimensions);
std::vector<api::cloudwatch::Dimension> FromStore(
    const std::vector<metricstore::Dimension>& dimensions);

bool IsPeriod(std::int64_t seconds);
std::string PeriodRefusal(const std::string& parameter);

// The window that a read asks for, in whole seconds. The start is rounded down as AWS does: to a minute, five minutes or
// an hour by its age, or to the period where that is finer than a minute.
struct Window {
  std::int64_t start_s = 0;
  std::int64_t end_s = 0;  // exclusive
};
Window RoundWindow(double start, double end, std::int64_t period, TimePoint now);

}  // namespace sagebrush::services::cloudwatch
