// SPDX-License-Identifier: Apache-2.0
#include "metricstore/metric_store.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "metastore/database.h"
#include "testing/fake_clock.h"

namespace sagebrush::metricstore {
namespace {

constexpr char kScope[] = "123456789012/us-west-2";
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

class MetricStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = MetricStore::Open(folder_.path(), clock_).value();
  }

  // A whole hour, a little before now.
  std::int64_t hour() const { return ToMillis(clock_.Now()) / 1000 / kHour * kHour; }

  static Metric Loss() { return {"ns", "loss", {{"job", "a"}}}; }

  static Datum At(std::int64_t second, double value, bool high_resolution = false) {
    return {.metric = Loss(),
            .at_ms = second * 1000,
            .unit = "None",
            .high_resolution = high_resolution,
            .summary = Summary::Of(value)};
  }

  void Put(std::vector<Datum> data) {
    const Status status = store_->Put(kScope, std::move(data));
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  ReadRequest Range(std::int64_t start, std::int64_t end, std::int64_t period) {
    return {.metric = Loss(), .unit = {}, .start_s = start, .end_s = end, .period_s = period};
  }

  std::vector<Point> Read(const ReadRequest& request) {
    auto points = store_->Read(kScope, request);
    EXPECT_TRUE(points.ok()) << points.status().ToString();
    return points.value_or({});
  }

  // (start, sum) of each point.
  using Sums = std::vector<std::pair<std::int64_t, double>>;
  Sums ReadSums(std::int64_t start, std::int64_t end, std::int64_t period) {
    Sums sums;
    for (const Point& point : Read(Range(start, end, period)))
      sums.emplace_back(point.start_s, point.summary.sum());
    return sums;
  }

  std::int64_t CountRows(const std::string& table) {
    const auto file = metastore::Database::Open(folder_.path() / "metrics.db",
                                                std::vector<metastore::Migration>{{1, "SELECT 1"}})
                          .value();
    std::int64_t count = 0;
    EXPECT_TRUE(file->Read([&](metastore::Session& session) {
                      return session.Query("SELECT count(*) FROM " + table, {},
                                           [&](const metastore::Row& row) {
                                             count = row.Int(0);
                                             return false;
                                           });
                    })
                    .ok());
    return count;
  }

  const TempFolder folder_ = TempFolder::Create("metricstore").value();
  testing::FakeClock clock_;
  std::unique_ptr<MetricStore> store_;
};

TEST_F(MetricStoreTest, ValuesOfAPeriodAreOnePoint) {
  const std::int64_t t = hour();
  Put({At(t, 1), At(t + 59, 3), At(t + 60, 10)});
  Put({At(t + 30, 8)});

  const auto points = Read(Range(t, t + kHour, 60));

  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].start_s, t);
  EXPECT_EQ(points[0].summary.samples(), 3);
  EXPECT_EQ(points[0].summary.sum(), 12);
  EXPECT_EQ(points[0].summary.minimum(), 1);
  EXPECT_EQ(points[0].summary.maximum(), 8);
  EXPECT_EQ(points[1].start_s, t + 60);
  EXPECT_EQ(ReadSums(t, t + kHour, 300), (Sums{{t, 22}}));
  EXPECT_EQ(ReadSums(t, t + 60, 60), (Sums{{t, 12}}));  // the end is exclusive
  EXPECT_EQ(ReadSums(t + 60, t + kHour, 60), (Sums{{t + 60, 10}}));
}

TEST_F(MetricStoreTest, PeriodsAreCountedFromTheStart) {
  const std::int64_t t = hour();
  Put({At(t + 300, 1), At(t + 900, 2), At(t + 1200, 4)});

  EXPECT_EQ(ReadSums(t + 300, t + kHour, 900), (Sums{{t + 300, 3}, {t + 1200, 4}}));
}

TEST_F(MetricStoreTest, SecondsAreKeptForHighResolutionOnly) {
  const std::int64_t t = hour();
  Put({At(t + 1, 1, true), At(t + 2, 2, true), At(t + 61, 5)});

  EXPECT_EQ(ReadSums(t, t + kHour, 1), (Sums{{t + 1, 1}, {t + 2, 2}, {t + 60, 5}}));
  EXPECT_EQ(ReadSums(t, t + kHour, 60), (Sums{{t, 3}, {t + 60, 5}}));
}

TEST_F(MetricStoreTest, DimensionsAreASetAndPartOfTheIdentity) {
  const std::int64_t t = hour();
  Datum datum = At(t, 1);
  datum.metric.dimensions = {{"b", "2"}, {"a", "1"}};
  Put({datum});
  ReadRequest request = Range(t, t + 60, 60);

  request.metric.dimensions = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(Read(request).size(), 1u);
  request.metric.dimensions = {{"a", "1"}};
  EXPECT_EQ(Read(request).size(), 0u);
  request.metric.dimensions = {{"a", "1"}, {"b", "2"}};
  EXPECT_EQ(store_->Read("123456789012/eu-west-1", request)->size(), 0u);
}

TEST_F(MetricStoreTest, UnitsStayApartUnlessTheyArePutTogether) {
  const std::int64_t t = hour();
  Datum seconds = At(t, 1), bytes = At(t, 10);
  seconds.unit = "Seconds";
  bytes.unit = "Bytes";
  Put({seconds, bytes});
  ReadRequest request = Range(t, t + 60, 60);

  EXPECT_EQ(Read(request).at(0).summary.sum(), 11);
  request.by_unit = true;
  const auto apart = Read(request);
  ASSERT_EQ(apart.size(), 2u);
  EXPECT_EQ(apart[0].unit, "Bytes");
  EXPECT_EQ(apart[1].unit, "Seconds");
  request.unit = "Seconds";
  EXPECT_EQ(Read(request).at(0).summary.sum(), 1);
}

TEST_F(MetricStoreTest, PercentilesCrossPutsAndPeriods) {
  const std::int64_t t = hour();
  for (int i = 1; i <= 10; ++i) Put({At(t + i * 20, i)});
  ReadRequest request = Range(t, t + kHour, 300);
  request.with_values = true;

  EXPECT_EQ(Read(request).at(0).summary.Percentile(90), 9);

  Datum figures = At(t, 0);
  figures.summary = Summary::OfFigures(2, 3, 1, 2);
  Put({figures});
  EXPECT_EQ(Read(request).at(0).summary.Percentile(90), std::nullopt);
}

TEST_F(MetricStoreTest, AgeingFoldsIntoCoarserPeriodsAndCountsNothingTwice) {
  const std::int64_t t = hour();
  std::vector<Datum> data;
  for (std::int64_t s = 0; s < 2 * kHour; s += 2) data.push_back(At(t - 2 * kHour + s, 1, true));
  Put(data);
  const double all = static_cast<double>(data.size());
  const auto total = [&](std::int64_t period) {
    double sum = 0;
    for (const Point& point : Read(Range(t - 2 * kHour, t, period))) sum += point.summary.sum();
    return sum;
  };
  const auto roll_up = [&] {
    const Status status = store_->RollUp();
    EXPECT_TRUE(status.ok()) << status.ToString();
  };

  roll_up();
  EXPECT_EQ(CountRows("data"), 3600);
  clock_.Advance(std::chrono::hours(5));
  roll_up();
  EXPECT_EQ(CountRows("data"), 120);
  EXPECT_EQ(total(60), all);
  EXPECT_EQ(Read(Range(t - 2 * kHour, t, 60)).size(), 120u);
  clock_.Advance(std::chrono::hours(24 * 15));
  roll_up();
  EXPECT_EQ(CountRows("data"), 24);
  EXPECT_EQ(total(60), 0);  // retrievable at its resolution or coarser only
  EXPECT_EQ(total(300), all);
  clock_.Advance(std::chrono::hours(24 * 63));
  roll_up();
  EXPECT_EQ(CountRows("data"), 2);
  EXPECT_EQ(total(kHour), all);
  Put({At(t - 2 * kHour, 1, true)});  // late, into what has been folded
  roll_up();
  EXPECT_EQ(CountRows("data"), 2);
  EXPECT_EQ(total(kHour), all + 1);
  clock_.Advance(std::chrono::hours(24 * 455 + 1));
  roll_up();
  EXPECT_EQ(CountRows("data"), 0);
  EXPECT_EQ(CountRows("metrics"), 0);
}

TEST_F(MetricStoreTest, ABatchOfASourceCountsOnce) {
  const std::int64_t t = hour();
  const auto batch = [&](std::int64_t first, std::int64_t last) {
    SourceBatch made{.source = "i-1", .last_sequence = last, .items = {}};
    for (std::int64_t i = first; i <= last; ++i) made.items.push_back({i, At(t, 1)});
    return made;
  };
  EXPECT_EQ(store_->LastSequence("i-1").value(), -1);

  ASSERT_TRUE(store_->PutBatch(kScope, batch(1, 5)).ok());
  ASSERT_TRUE(store_->PutBatch(kScope, batch(1, 5)).ok());
  ASSERT_TRUE(store_->PutBatch(kScope, batch(3, 8)).ok());
  Reopen();
  ASSERT_TRUE(store_->PutBatch(kScope, batch(8, 8)).ok());

  EXPECT_EQ(ReadSums(t, t + 60, 60), (Sums{{t, 8}}));
  EXPECT_EQ(store_->LastSequence("i-1").value(), 8);
}

TEST_F(MetricStoreTest, RemembersTheNewestValue) {
  const std::int64_t t = hour();
  Put({At(t + 5, 5), At(t + 9, 9), At(t + 7, 7)});
  Put({At(t + 8, 8)});

  const auto info = store_->Find(kScope, Loss()).value();

  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->last_value, 9);
  EXPECT_EQ(info->last_at_ms, (t + 9) * 1000);
  EXPECT_EQ(info->last_put_ms, ToMillis(clock_.Now()));
  EXPECT_FALSE(store_->Find(kScope, {"ns", "other", {}}).value().has_value());
}

TEST_F(MetricStoreTest, ListsMetricsOverPagesAndByFilter) {
  const std::int64_t t = hour();
  std::vector<Datum> data;
  for (const char* name_space : {"b", "a"})
    for (const char* name : {"y", "x"})
      for (const char* value : {"2", "1"}) {
        Datum datum = At(t, 1);
        datum.metric = {name_space, name, {{"d", value}, {"same", "s"}}};
        data.push_back(datum);
      }
  Put(data);
  const auto list = [&](ListRequest request, int* pages = nullptr) {
    std::vector<std::string> found;
    for (int i = 0; i < 20; ++i) {
      const auto page = store_->List(kScope, request).value();
      if (pages != nullptr) ++*pages;
      for (const MetricInfo& info : page.metrics)
        found.push_back(info.metric.name_space + info.metric.name +
                        info.metric.dimensions.at(0).value);
      if (page.next_token.empty()) break;
      request.token = page.next_token;
    }
    return found;
  };
  using Names = std::vector<std::string>;

  int pages = 0;
  ListRequest paged;
  paged.limit = 4;
  EXPECT_EQ(list(paged, &pages), (Names{"ax1", "ax2", "ay1", "ay2", "bx1", "bx2", "by1", "by2"}));
  EXPECT_EQ(pages, 2);
  ListRequest filtered;
  filtered.name_space = "b";
  filtered.dimensions = {{"d", "2"}, {"same", std::nullopt}};
  EXPECT_EQ(list(filtered), (Names{"bx2", "by2"}));
  filtered.name = "y";
  EXPECT_EQ(list(filtered), (Names{"by2"}));
  filtered.dimensions = {{"other", std::nullopt}};
  EXPECT_EQ(list(filtered), Names{});
  ListRequest recent;
  recent.put_since_ms = ToMillis(clock_.Now()) + 1;
  EXPECT_EQ(list(recent), Names{});
  ListRequest odd;
  odd.token = "nonsense";
  EXPECT_EQ(store_->List(kScope, odd).status().code(), Code::kInvalidArgument);
}

TEST_F(MetricStoreTest, ManyThreadsLoseNothing) {
  const std::int64_t t = hour();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 25; ++n) EXPECT_TRUE(store_->Put(kScope, {At(t + i, 1, true)}).ok());
    });
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(ReadSums(t, t + 60, 60), (Sums{{t, 200}}));
}

TEST_F(MetricStoreTest, WhatWasAcknowledgedIsThereOnceAfterSigkill) {
  const std::int64_t t = hour();
  store_.reset();
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = MetricStore::Open(folder_.path(), clock_);
      if (!store.ok()) ::_exit(2);
      // A source that knows nothing sends everything again.
      for (std::int64_t last = 3;; last += 3) {
        SourceBatch batch{.source = "i-9", .last_sequence = last, .items = {}};
        for (std::int64_t i = last - 2; i <= last; ++i) batch.items.push_back({i, At(t + i, 1)});
        if (!(*store)->PutBatch(kScope, std::move(batch)).ok() ||
            ::write(ends[1], &last, sizeof last) != sizeof last)
          ::_exit(3);
      }
    }
    ::close(ends[1]);
    std::int64_t acknowledged = 0, read = 0;
    pollfd readable{ends[0], POLLIN, 0};
    while (acknowledged < 150 * (round + 1)) {
      ASSERT_EQ(::poll(&readable, 1, 30'000), 1) << "the child writes nothing";
      ASSERT_EQ(::read(ends[0], &read, sizeof read), 8);
      acknowledged = read;
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (::read(ends[0], &read, sizeof read) == 8) acknowledged = read;
    ::close(ends[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);

    Reopen();
    const std::int64_t stored = store_->LastSequence("i-9").value();
    EXPECT_GE(stored, acknowledged);
    double sum = 0;
    for (const Point& point : Read(Range(t, t + kDay, 60))) sum += point.summary.sum();
    EXPECT_EQ(sum, static_cast<double>(stored));
    store_.reset();
  }
}

}  // namespace
}  // namespace sagebrush::metricstore
