// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/common.h"

#include <algorithm>
#include <cmath>

#include "metricstore/limits.h"

namespace sagebrush::services::cloudwatch {

namespace {

// Far beyond any clock, and safe to calculate with.
std::int64_t ToSeconds(double value) {
  constexpr double kFar = 1e11;
  return static_cast<std::int64_t>(std::floor(std::fmin(std::fmax(value, -kFar), kFar)));
}

}  // namespace

aws::Error InvalidValue(std::string message) {
  return {.code = "InvalidParameterValue", .message = std::move(message)};
}

aws::Error InvalidCombination(std::string message) {
  return {.code = "InvalidParameterCombination", .message = std::move(message)};
}

aws::Error ValidationError(std::string message) {
  return {.code = "ValidationError", .message = std::move(message)};
}

aws::Error BothGiven(const std::string& a, const std::string& b) {
  return InvalidCombination("The parameters " + a + " and " + b +
                            " are mutually exclusive and you have specified both.");
}

aws::Error FromStore(const Status& status) {
  switch (status.code()) {
    case Code::kResourceExhausted:
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
      return {.code = "ServiceUnavailable", .message = status.message()};
    default:
      return aws::FromStatus(aws::Protocol::kQuery, status);
  }
}

std::vector<metricstore::Dimension> ToStore(
    const std::optional<std::vector<api::cloudwatch::Dimension>>& dimensions) {
  std::vector<metricstore::Dimension> made;
  if (!dimensions) return made;
  for (const auto& dimension : *dimensions) made.push_back({dimension.name, dimension.value});
  return made;
}

std::vector<api::cloudwatch::Dimension> FromStore(
    const std::vector<metricstore::Dimension>& dimensions) {
  std::vector<api::cloudwatch::Dimension> made;
  for (const auto& dimension : dimensions) made.push_back({dimension.name, dimension.value});
  return made;
}

bool IsPeriod(std::int64_t seconds) {
  for (const int fine : {1, 5, 10, 20, 30})
    if (seconds == fine) return true;
  return seconds >= 60 && seconds % 60 == 0;
}

std::string PeriodRefusal(const std::string& parameter) {
  return "The parameter " + parameter + " must be 1, 5, 10, 20, 30 or a multiple of 60.";
}

Window RoundWindow(double start, double end, std::int64_t period, TimePoint now) {
  const std::int64_t from = ToSeconds(start);
  const std::int64_t age = ToMillis(now) / 1000 - from;
  const std::int64_t kept = metricstore::FinestKept(age);
  const std::int64_t unit = kept > 60 ? kept : std::min<std::int64_t>(period, 60);
  return {metricstore::FloorTo(from, unit), ToSeconds(std::ceil(end))};
}

}  // namespace sagebrush::services::cloudwatch
