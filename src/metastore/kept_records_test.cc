// SPDX-License-Identifier: Apache-2.0
#include "metastore/internal/kept_records.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "base/file.h"

namespace sagebrush::metastore {
namespace {

using internal::KeptRecords;

Record Named(const std::string& name, std::int64_t version = 1) {
  Record record;
  record.key = {"training-job", "123456789012/us-west-2", name};
  record.version = version;
  record.document = Json::Object({{"TrainingJobName", name}});
  return record;
}

void OfferTwice(KeptRecords& kept, const Record& record, std::size_t bytes = 100) {
  for (int i = 0; i < 2; ++i) kept.Offer(kept.Begin(), record, bytes);
}

TEST(KeptRecords, KeepWhatIsAskedForASecondTime) {
  KeptRecords kept;
  const Record record = Named("a");
  kept.Offer(kept.Begin(), record, 100);
  EXPECT_EQ(kept.Find(record.key), nullptr);
  kept.Offer(kept.Begin(), record, 100);
  ASSERT_NE(kept.Find(record.key), nullptr);
  EXPECT_EQ(kept.Find(record.key)->document, record.document);
  EXPECT_EQ(kept.Find(Named("b").key), nullptr);
}

TEST(KeptRecords, ForgetWhatIsAboutToChange) {
  KeptRecords kept;
  OfferTwice(kept, Named("a"));
  OfferTwice(kept, Named("b"));
  const KeptRecords::Change change(kept, {{Write::Action::kUpdate, Named("a")}});
  EXPECT_EQ(kept.Find(Named("a").key), nullptr);
  EXPECT_NE(kept.Find(Named("b").key), nullptr);
}

TEST(KeptRecords, TakeNothingThatWasReadBeforeAChangeEnded) {
  KeptRecords kept;
  const Record old = Named("a");
  OfferTwice(kept, old);
  const std::uint64_t before = kept.Begin();
  std::uint64_t within = 0;
  {
    const KeptRecords::Change change(kept, {{Write::Action::kUpdate, old}});
    within = kept.Begin();
    kept.Offer(within, old, 100);
    EXPECT_EQ(kept.Find(old.key), nullptr);
  }
  kept.Offer(before, old, 100);
  kept.Offer(within, old, 100);
  EXPECT_EQ(kept.Find(old.key), nullptr);
  kept.Offer(kept.Begin(), Named("a", 2), 100);
  ASSERT_NE(kept.Find(old.key), nullptr);
  EXPECT_EQ(kept.Find(old.key)->version, 2);
}

TEST(KeptRecords, AreBoundedAndTheLongestUnaskedGoesFirst) {
  KeptRecords kept;
  constexpr std::size_t kBytes = KeptRecords::kLargestDocument;
  constexpr std::size_t kFit = KeptRecords::kMostBytes / (kBytes + KeptRecords::kEntryBytes);
  OfferTwice(kept, Named("too large"), kBytes + 1);
  EXPECT_EQ(kept.Find(Named("too large").key), nullptr);
  for (std::size_t i = 0; i < kFit; ++i) OfferTwice(kept, Named(std::to_string(i)), kBytes);
  EXPECT_NE(kept.Find(Named("0").key), nullptr);
  OfferTwice(kept, Named("one more"), kBytes);
  EXPECT_NE(kept.Find(Named("0").key), nullptr);
  EXPECT_EQ(kept.Find(Named("1").key), nullptr);
  EXPECT_NE(kept.Find(Named("one more").key), nullptr);
}

// What a store answers is never older than what was acknowledged when it was asked.
TEST(KeptRecords, NeverLetAStoreAnswerWithThePast) {
  const TempFolder folder = TempFolder::Create("metastore").value();
  const auto database = Database::Open(folder.path() / "records.db", kRecordMigrations).value();
  const auto store = RecordStore::Create(*database);
  const Key key = Named("a").key;
  Record first = Named("a");
  first.document = Json::Object({{"n", 1}});
  ASSERT_TRUE(store->Insert(first).ok());

  std::atomic<std::int64_t> acknowledged = 1;
  std::atomic<bool> done = false;
  std::atomic<int> stale = 0, broken = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      std::int64_t seen = 0;
      while (!done) {
        const std::int64_t at_least = std::max(seen, acknowledged.load());
        const auto record = store->Get(key);
        if (!record.ok() || record->document.GetInt("n") != record->version) ++broken;
        if (record.ok() && record->version < at_least) ++stale;
        if (record.ok()) seen = record->version;
      }
    });
  for (std::int64_t version = 1; version < 300; ++version) {
    Record next = Named("a", version);
    next.document = Json::Object({{"n", version + 1}});
    ASSERT_TRUE(store->Update(next).ok());
    acknowledged = version + 1;
  }
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(stale, 0);
  EXPECT_EQ(broken, 0);
}

}  // namespace
}  // namespace sagebrush::metastore
