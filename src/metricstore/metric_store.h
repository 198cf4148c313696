// SPDX-License-Identifier: Apache-2.0
// Metrics and their data, kept durably and for as long as CloudWatch keeps them: seconds for 3 hours, minutes for 15 days,
// five minutes for 63 days, hours for 455 days. A value is folded into its second or minute when it is put, and RollUp
// folds what has grown old into the next coarser period, so nothing is counted twice. Knows nothing of AWS's protocols.
// Any thread may call; calls block for the disk.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "metricstore/summary.h"

namespace sagebrush::metricstore {

struct Dimension {
  std::string name, value;
  auto operator<=>(const Dimension&) const = default;
};

// What identifies a series within a scope ("account/region"). Dimensions are a set: their order does not count.
struct Metric {
  std::string name_space;
  std::string name;
  std::vector<Dimension> dimensions;
};

struct Datum {
  Metric metric;
  std::int64_t at_ms = 0;
  std::string unit = "None";
  bool high_resolution = false;  // kept by the second, else by the minute
  Summary summary;
};

// What somebody who numbers what he does found in his items `first_sequence` to `last_sequence`. The highest number of a
// `source` is stored in the same transaction as the data, and data of items up to it is dropped: putting twice is harmless.
struct SourceBatch {
  struct Item {
    std::int64_t sequence = 0;
    Datum datum;
  };
  std::string source;
  std::int64_t last_sequence = 0;
  std::vector<Item> items;
  // The highest number stored when the items were put together, for who folds several into one: kUnavailable, and nothing
  // is stored, if another batch has come between.
  std::optional<std::int64_t> found_after = std::nullopt;
};

struct ReadRequest {
  Metric metric;
  std::optional<std::string> unit;  // only data of that unit
  std::int64_t start_s = 0;         // periods are counted from here
  std::int64_t end_s = 0;           // exclusive
  std::int64_t period_s = 60;
  bool by_unit = false;      // a point for each unit, else units are put together
  bool with_values = false;  // for percentiles
};
struct Point {
  std::int64_t start_s = 0;
  std::string unit;  // "" where units were put together
  Summary summary;
};

struct MetricInfo {
  Metric metric;                 // dimensions by name
  std::int64_t last_put_ms = 0;  // when somebody put something
  std::int64_t last_at_ms =
      0;  // the newest datum's time, and its value (of figures: their average)
  double last_value = 0;
};

// A dimension a metric must have, whatever its value if there is none.
struct DimensionFilter {
  std::string name;
  std::optional<std::string> value;
};
struct ListRequest {
  std::optional<std::string> name_space, name;
  std::vector<DimensionFilter> dimensions;
  std::int64_t put_since_ms = 0;
  int limit = 500;
  std::string token;  // from an earlier page of the same scope
};
struct ListPage {
  std::vector<MetricInfo> metrics;  // by namespace, name, dimensions
  std::string next_token;           // "" at the end
};

class MetricStore {
 public:
  static Result<std::unique_ptr<MetricStore>> Open(const std::filesystem::path& folder,
                                                   const Clock& clock);
  virtual ~MetricStore() = default;

  // All or nothing. Durable when it returns.
  virtual Status Put(std::string_view scope, std::vector<Datum> data) = 0;
  virtual Status PutBatch(std::string_view scope, SourceBatch batch) = 0;
  // The highest number stored of the source; -1: none.
  virtual Result<std::int64_t> LastSequence(std::string_view source) = 0;

  // By time, then unit. Five-minute and hourly data are there for periods that are not finer.
  virtual Result<std::vector<Point>> Read(std::string_view scope, const ReadRequest& request) = 0;
  virtual Result<std::optional<MetricInfo>> Find(std::string_view scope, const Metric& metric) = 0;
  // A page ends at its limit, or after 100,000 metrics looked at, so it may be empty and still have a next one.
  // kInvalidArgument for a token that is not ours.
  virtual Result<ListPage> List(std::string_view scope, const ListRequest& request) = 0;

  // Folds what is too old for its resolution into the next, and drops what is older than 455 days. In small writes; what
  // a crash or an error leaves, the next one does. Called now and then by whoever owns the store.
  virtual Status RollUp() = 0;
};

}  // namespace sagebrush::metricstore
