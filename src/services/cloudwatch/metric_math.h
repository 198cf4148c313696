// SPDX-License-Identifier: Apache-2.0
// Metric math, its plain part: numbers, the ids of other queries, + - * / ^, parentheses. A series and a number: at each point;
// two series: where both have a point. What gives no finite number gives no point. CloudWatch's functions (FILL, RATE,
// SUM, METRICS, …) are refused by name. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"

namespace sagebrush::services::cloudwatch {

using Series = std::map<std::int64_t, double>;  // by the second at which a period begins

class MetricMath {
 public:
  // kInvalidArgument with a sentence for the expression's author.
  static Result<MetricMath> Parse(std::string_view expression);

  // The ids it names, each once, in their order.
  const std::vector<std::string>& references() const { return references_; }
  // `series_of` knows all references. Nothing but numbers gives no series: kInvalidArgument.
  Result<Series> Evaluate(const std::function<const Series&(const std::string&)>& series_of) const;

 private:
  struct Node;
  friend class MathParser;
  using Value = std::variant<double, Series>;
  static Value Evaluate(const Node& node,
                        const std::function<const Series&(const std::string&)>& series_of);

  std::shared_ptr<const Node>
      root_;  // shared: an expression is a value, and its tree never changes
  std::vector<std::string> references_;
};

}  // namespace sagebrush::services::cloudwatch
