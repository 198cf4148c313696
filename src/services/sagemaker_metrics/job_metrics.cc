// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_metrics/job_metrics.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "metricstore/limits.h"
#include "orchestrator/controller.h"

namespace sagebrush::services::sagemaker_metrics {

namespace {

constexpr std::size_t kMaxFinders = 1000;  // instances at a time; more of them are compiled again

// What lines say of one metric, second by second, so that a batch takes room for its seconds and not for its values.
class Folded {
 public:
  void Add(std::int64_t at_ms, double value) {
    if (newest_ && at_ms < newest_->at_ms) return Fold({at_ms, value});
    if (newest_) Fold(*newest_);
    newest_ = {at_ms, value};
  }
  // The newest value comes alone and last: the store shows it as the job's final one.
  template <typename Take>
  void ForEach(const Take& take) const {
    for (const auto& [second, summary] : seconds_) take(second * 1000, summary);
    if (newest_) take(newest_->at_ms, metricstore::Summary::Of(newest_->value));
  }

 private:
  struct Value {
    std::int64_t at_ms;
    double value;
  };
  void Fold(const Value& value) {
    seconds_[value.at_ms / 1000].Add(metricstore::Summary::Of(value.value));
  }
  std::map<std::int64_t, metricstore::Summary> seconds_;
  std::optional<Value> newest_;
};

metricstore::Metric MetricOf(const std::string& job, const std::string& name) {
  return {kTrainingNamespace, name, {{"TrainingJobName", job}}};
}

}  // namespace

Result<metricstore::SourceBatch> JobMetrics::Find(const orchestrator::Instance& instance,
                                                  std::int64_t first_sequence,
                                                  const std::vector<Line>& lines) {
  metricstore::SourceBatch batch;
  batch.source = instance.id;
  ASSIGN_OR_RETURN(const SharedFinder finder, FinderOf(instance));
  if (finder == nullptr) return batch;
  // What has been kept is passed over here: folded, it could not be told from the rest any more.
  ASSIGN_OR_RETURN(const std::int64_t kept, store_.LastSequence(instance.id));
  const std::int64_t now = ToMillis(clock_.Now());
  std::map<std::string_view, Folded> folded;  // the names are the finder's
  std::int64_t sequence = first_sequence - 1;
  for (const Line& line : lines) {
    ++sequence;
    // PutMetricData's bounds: an agent that user code has taken over could send any time.
    const bool timely = line.timestamp_ms >= now - metricstore::kOldestSeconds * 1000 &&
                        line.timestamp_ms <= now + metricstore::kNewestSeconds * 1000;
    if (sequence <= kept || !timely) continue;
    for (const FoundValue& found : finder->Find(line.text))
      folded[*found.name].Add(line.timestamp_ms, found.value);
  }
  batch.last_sequence = sequence;
  batch.found_after = kept;
  for (const auto& [name, values] : folded)
    values.ForEach([&, &name = name](std::int64_t at_ms, metricstore::Summary summary) {
      metricstore::Datum datum;
      datum.metric = MetricOf(instance.owner.name, std::string(name));
      datum.at_ms = at_ms;
      datum.high_resolution = true;
      datum.summary = std::move(summary);
      batch.items.push_back({sequence, std::move(datum)});
    });
  return batch;
}

Status JobMetrics::Keep(const orchestrator::Instance& instance, metricstore::SourceBatch found) {
  if (found.items.empty()) return Status::Ok();
  return store_.PutBatch(instance.owner.scope, std::move(found));
}

Result<std::int64_t> JobMetrics::LinesDone(const orchestrator::Instance& instance,
                                           std::int64_t stored) {
  ASSIGN_OR_RETURN(const SharedFinder finder, FinderOf(instance));
  if (finder == nullptr) return stored;
  ASSIGN_OR_RETURN(const std::int64_t looked, store_.LastSequence(instance.id));
  return std::min(stored, looked);
}

Result<Json> JobMetrics::FinalMetrics(const std::string& scope, const std::string& job,
                                      const std::vector<MetricDefinition>& definitions) {
  Json list;
  for (const MetricDefinition& definition : definitions) {
    ASSIGN_OR_RETURN(const auto info, store_.Find(scope, MetricOf(job, definition.name)));
    if (!info) continue;
    list.Append(Json::Object({{"MetricName", definition.name},
                              {"Value", info->last_value},
                              {"Timestamp", static_cast<double>(info->last_at_ms) / 1000}}));
  }
  return list;
}

Result<JobMetrics::SharedFinder> JobMetrics::FinderOf(const orchestrator::Instance& instance) {
  if (instance.owner.kind != orchestrator::kTrainingJobKind) return SharedFinder();
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = finders_.find(instance.id); found != finders_.end())
      return found->second;
  }
  SharedFinder made;
  const auto record = records_.Get(instance.owner);
  if (!record.ok() && record.status().code() != Code::kNotFound) return record.status();
  if (record.ok()) {
    const Json* request = record->document.Find("request");
    const auto definitions =
        ReadDefinitions(request != nullptr ? request->Find("AlgorithmSpecification") : nullptr);
    if (!definitions.empty()) {
      auto finder = MetricFinder::Create(definitions);
      // Refused when the job was created, so it comes from another version: its log must not wait for that.
      if (finder.ok())
        made = *std::move(finder);
      else
        LogWarning("metrics", instance.owner.name + ": " + finder.status().message());
    }
  }
  const std::lock_guard lock(mutex_);
  if (finders_.size() >= kMaxFinders) finders_.clear();
  finders_.emplace(instance.id, made);
  return made;
}

}  // namespace sagebrush::services::sagemaker_metrics
