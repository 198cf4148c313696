// SPDX-License-Identifier: Apache-2.0
#include "metricstore/summary.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace sagebrush::metricstore {

namespace {

constexpr std::size_t kMaxKept = 100;

// k1 of the t-digest: its range is kMaxKept / 2, and two neighbours that may not be merged span more than 1, so at most
// kMaxKept + 1 clusters remain.
double Scale(double quantile) {
  return static_cast<double>(kMaxKept) / (2 * std::numbers::pi) *
         std::asin(std::clamp(2 * quantile - 1, -1.0, 1.0));
}

}  // namespace

Summary Summary::Of(double value, double count) {
  Summary summary;
  summary.samples_ = count;
  summary.sum_ = value * count;
  summary.minimum_ = summary.maximum_ = value;
  summary.values_ = {{value, count}};
  return summary;
}

Summary Summary::OfAll(std::vector<double> values) {
  Summary summary;
  if (values.empty()) return summary;
  std::sort(values.begin(), values.end());
  summary.samples_ = static_cast<double>(values.size());
  summary.minimum_ = values.front();
  summary.maximum_ = values.back();
  std::vector<Kept> all;
  for (const double value : values) {
    summary.sum_ += value;
    if (!all.empty() && all.back().value == value)
      ++all.back().count;
    else
      all.push_back({value, 1});
  }
  summary.values_ = all.size() > kMaxKept ? Compress(all, summary.samples_) : std::move(all);
  return summary;
}

Summary Summary::OfFigures(double samples, double sum, double minimum, double maximum) {
  Summary summary;
  summary.samples_ = samples;
  summary.sum_ = sum;
  summary.minimum_ = minimum;
  summary.maximum_ = maximum;
  summary.values_known_ = minimum == maximum;
  if (summary.values_known_) summary.values_ = {{minimum, samples}};
  return summary;
}

void Summary::Add(const Summary& other) {
  if (other.samples_ <= 0) return;
  samples_ += other.samples_;
  sum_ += other.sum_;
  minimum_ = std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  values_known_ = values_known_ && other.values_known_;
  if (!values_known_) {
    values_.clear();
    return;
  }
  values_ = Merge(values_, other.values_);
  if (values_.size() > kMaxKept) values_ = Compress(values_, samples_);
}

std::vector<Summary::Kept> Summary::Merge(const std::vector<Kept>& a, const std::vector<Kept>& b) {
  std::vector<Kept> all(a.size() + b.size());
  std::merge(a.begin(), a.end(), b.begin(), b.end(), all.begin(),
             [](const Kept& x, const Kept& y) { return x.value < y.value; });
  std::vector<Kept> merged;
  merged.reserve(all.size());
  for (const Kept& kept : all) {
    if (!merged.empty() && merged.back().value == kept.value)
      merged.back().count += kept.count;
    else
      merged.push_back(kept);
  }
  return merged;
}

std::vector<Summary::Kept> Summary::Compress(const std::vector<Kept>& values, double total) {
  std::vector<Kept> clusters;
  double before = 0;  // the weight before the last cluster
  for (const Kept& kept : values) {
    if (!clusters.empty()) {
      Kept& last = clusters.back();
      const double together = last.count + kept.count;
      if (Scale((before + together) / total) - Scale(before / total) <= 1) {
        last.value += (kept.value - last.value) * (kept.count / together);
        last.count = together;
        continue;
      }
      before += last.count;
    }
    clusters.push_back(kept);
  }
  return clusters;
}

std::optional<double> Summary::Percentile(double percent) const {
  if (!values_known_ || values_.empty()) return std::nullopt;
  if (percent <= 0) return minimum_;
  if (percent >= 100) return maximum_;
  // A whole rank may come out a little above itself: 0.29 * 100 is 28.999…96, 0.07 * 100 is 7.000…1.
  const double rank = percent / 100 * samples_ * (1 - 1e-12);
  double below = 0;
  for (const Kept& kept : values_) {
    below += kept.count;
    if (below >= rank) return kept.value;
  }
  return maximum_;
}

std::optional<std::string> Summary::PackValues() const {
  if (!values_known_) return std::nullopt;
  if (minimum_ == maximum_) return "";
  std::string packed(values_.size() * sizeof(Kept), '\0');
  std::memcpy(packed.data(), values_.data(), packed.size());
  return packed;
}

Result<Summary> Summary::Unpack(double samples, double sum, double minimum, double maximum,
                                std::optional<std::string_view> packed) {
  Summary summary = OfFigures(samples, sum, minimum, maximum);
  if (!packed || packed->empty()) return summary;
  if (packed->size() % sizeof(Kept) != 0)
    return DataLoss("the values of a metric are no whole number of pairs");
  summary.values_known_ = true;
  summary.values_.resize(packed->size() / sizeof(Kept));
  std::memcpy(summary.values_.data(), packed->data(), packed->size());
  return summary;
}

}  // namespace sagebrush::metricstore
