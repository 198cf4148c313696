// SPDX-License-Identifier: Apache-2.0
// That lists of many records go by an index: a page costs a bounded multiple of one look, whatever is stored.
#include <gtest/gtest.h>

#include "base/file.h"
#include "metastore/record_store.h"

namespace sagebrush::metastore {
namespace {

constexpr char kScope[] = "123456789012/us-west-2";
constexpr int kRecords = 20'000;

class QueryPlanTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder(TempFolder::Create("metastore").value());
    database_ = Database::Open(folder_->path() / "records.db", kRecordMigrations).value().release();
    store_ = RecordStore::Create(*database_).release();
    std::vector<Write> writes;
    for (int i = 0; i < kRecords; ++i) {
      Record record;
      record.key = {"job", kScope, "Job-" + std::to_string(100'000 + i)};
      record.created = record.modified = FromMillis(1000 + i);
      record.status = i % 1000 == 0 ? "Failed" : "Completed";
      record.document = Json::Object({{"n", i}});
      writes.push_back({Write::Action::kInsert, std::move(record)});
    }
    ASSERT_TRUE(store_->Commit(writes).ok());
  }
  static void TearDownTestSuite() {
    delete store_;
    delete database_;
    delete folder_;
  }

  // How long a page takes, in multiples of the cheapest look at a record: the machine's own speed cancels out.
  static double Looks(const Filter& filter, const ListOptions& options) {
    const auto seconds = [](auto work) {
      auto best = std::chrono::steady_clock::duration::max();
      for (int i = 0; i < 9; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        best = std::min(best, std::chrono::steady_clock::now() - begin);
      }
      return std::chrono::duration<double>(best).count();
    };
    const double look = seconds([] {
      ASSERT_TRUE(store_->Get({"job", kScope, "Job-100500"}).ok());
    });
    return seconds([&] { ASSERT_TRUE(store_->List(filter, options).ok()); }) / look;
  }
  static Filter Jobs() {
    Filter filter;
    filter.kind = "job";
    filter.scope = kScope;
    return filter;
  }

  static TempFolder* folder_;
  static Database* database_;
  static RecordStore* store_;
};

TempFolder* QueryPlanTest::folder_ = nullptr;
Database* QueryPlanTest::database_ = nullptr;
RecordStore* QueryPlanTest::store_ = nullptr;

// A page of ten is about ten looks; a scan of 20,000 records, even of an index alone, is thousands.
constexpr double kManyLooks = 200;

TEST_F(QueryPlanTest, APageCostsWhatItReturnsInEveryOrder) {
  for (const SortBy sort_by : {SortBy::kName, SortBy::kCreated, SortBy::kModified, SortBy::kStatus})
    for (const bool descending : {false, true})
      EXPECT_LT(Looks(Jobs(), {sort_by, descending, 10, ""}), kManyLooks)
          << static_cast<int>(sort_by) << descending;
}

TEST_F(QueryPlanTest, SoDoesAPageOfOneStatus) {
  Filter failed = Jobs();
  failed.statuses = {"Failed"};
  failed.modified_after = FromMillis(5);
  for (const SortBy sort_by : {SortBy::kName, SortBy::kCreated, SortBy::kStatus})
    EXPECT_LT(Looks(failed, {sort_by, true, 10, ""}), kManyLooks) << static_cast<int>(sort_by);
}

TEST_F(QueryPlanTest, SoDoesANameWhateverItsCase) {
  Filter one = Jobs();
  one.name_ignoring_case = "job-119999";
  EXPECT_LT(Looks(one, {}), kManyLooks);
}

TEST_F(QueryPlanTest, TheUnfinishedAreFoundAmongTheFinished) {
  Filter unfinished;
  unfinished.kind = "job";
  unfinished.statuses = {"InProgress", "Stopping"};
  EXPECT_LT(Looks(unfinished, {SortBy::kName, false, 1000, ""}), kManyLooks);
}

}  // namespace
}  // namespace sagebrush::metastore
