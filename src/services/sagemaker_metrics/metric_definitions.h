// SPDX-License-Identifier: Apache-2.0
// AlgorithmSpecification.MetricDefinitions: regular expressions that find a job's own figures in its log. RE2 runs them, in
// time linear in the line whatever a user writes; lines are first tried against all of them at once. What RE2 has not
// (look-around, backreferences, \Z) is refused when the job is created. Immutable; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::services::sagemaker_metrics {

struct MetricDefinition {
  std::string name;
  std::string regex;
};
// From AlgorithmSpecification of a CreateTrainingJob document; empty where there are none.
std::vector<MetricDefinition> ReadDefinitions(const Json* algorithm_specification);

// Why the expression cannot be used, as a sentence for its user; nothing if it can.
std::optional<std::string> RegexProblem(const MetricDefinition& definition);

struct FoundValue {
  const std::string* name;
  double value;
};

class MetricFinder {
 public:
  static Result<std::unique_ptr<const MetricFinder>> Create(
      const std::vector<MetricDefinition>& definitions);
  virtual ~MetricFinder() = default;
  // Every match of every definition: its first group, or all of it where there is no group. What is no finite number is
  // passed over. Of a line the first 16 KiB are looked at, of a definition's matches in it the first 100 count. The names are
  // the finder's.
  virtual std::vector<FoundValue> Find(std::string_view line) const = 0;
};

}  // namespace sagebrush::services::sagemaker_metrics
