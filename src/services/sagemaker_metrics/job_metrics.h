// SPDX-License-Identifier: Apache-2.0
// What training jobs say of themselves: values that their MetricDefinitions find in log lines, in namespace
// /aws/sagemaker/TrainingJobs with dimension TrainingJobName, each at its line's time, to the second.
//
// Each line counts once, whatever dies: values are kept after the log store has the lines and before those are
// acknowledged, with the highest line number in one transaction. A server that comes back asks the agent for all lines above
// what *both* stores have (LinesDone); lines without values are looked at again, which is harmless.
// Any thread may call; calls block for the disk.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "metastore/record_store.h"
#include "metricstore/metric_store.h"
#include "orchestrator/instances.h"
#include "services/sagemaker_metrics/metric_definitions.h"

namespace sagebrush::services::sagemaker_metrics {

inline constexpr char kTrainingNamespace[] = "/aws/sagemaker/TrainingJobs";

class JobMetrics {
 public:
  JobMetrics(metastore::RecordStore& records, metricstore::MetricStore& store, const Clock& clock)
      : records_(records), store_(store), clock_(clock) {}

  struct Line {
    std::int64_t timestamp_ms = 0;
    std::string_view text;
  };
  // What the lines hold. To be kept once the log store has them.
  Result<metricstore::SourceBatch> Find(const orchestrator::Instance& instance,
                                        std::int64_t first_sequence,
                                        const std::vector<Line>& lines);
  Status Keep(const orchestrator::Instance& instance, metricstore::SourceBatch found);
  // Of the lines that the log store has (`stored` is the highest), up to where an agent need not send them again.
  Result<std::int64_t> LinesDone(const orchestrator::Instance& instance, std::int64_t stored);

  // DescribeTrainingJob's FinalMetricDataList: the newest value of each definition that has one; null if none has.
  Result<Json> FinalMetrics(const std::string& scope, const std::string& job,
                            const std::vector<MetricDefinition>& definitions);

 private:
  using SharedFinder = std::shared_ptr<const MetricFinder>;  // null: nothing to look for
  Result<SharedFinder> FinderOf(const orchestrator::Instance& instance);

  metastore::RecordStore& records_;
  metricstore::MetricStore& store_;
  const Clock& clock_;
  std::mutex mutex_;  // guards finders_
  std::map<std::string, SharedFinder>
      finders_;  // by instance; shared: one may be in use while it is dropped
};

}  // namespace sagebrush::services::sagemaker_metrics
