// SPDX-License-Identifier: Apache-2.0
#include "metastore/record_store.h"

#include <gtest/gtest.h>
#include <thread>

#include "base/file.h"
#include "metastore/page_token.h"
#include "testing/memory_record_store.h"

namespace sagebrush::metastore {
namespace {

constexpr char kScope[] = "123456789012/us-west-2";

Record Job(const std::string& name, std::int64_t created_ms = 1000,
           const std::string& status = "InProgress", const std::string& scope = kScope) {
  Record record;
  record.key = {"training-job", scope, name};
  record.created = record.modified = FromMillis(created_ms);
  record.status = status;
  record.document = Json::Object({{"TrainingJobName", name}});
  return record;
}

Filter Jobs() {
  Filter filter;
  filter.kind = "training-job";
  filter.scope = kScope;
  return filter;
}

// The contract, which the store of tests keeps too.
enum class Kind { kSqlite, kMemory };

class RecordStoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  // All names over all pages of `limit`.
  std::vector<std::string> Names(const Filter& filter, ListOptions options = {}) {
    std::vector<std::string> names;
    do {
      const auto page = store_->List(filter, options);
      EXPECT_TRUE(page.ok()) << page.status().ToString();
      if (!page.ok()) break;
      EXPECT_LE(page->records.size(), static_cast<std::size_t>(options.limit));
      for (const Record& record : page->records) names.push_back(record.key.name);
      options.page_token = page->next_token;
    } while (!options.page_token.empty());
    return names;
  }

  TempFolder folder_ = TempFolder::Create("metastore").value();
  std::unique_ptr<Database> database_ =
      Database::Open(folder_.path() / "records.db", kRecordMigrations).value();
  std::unique_ptr<RecordStore> store_ =
      GetParam() == Kind::kSqlite ? RecordStore::Create(*database_)
                                  : std::make_unique<sagebrush::testing::MemoryRecordStore>();
};

INSTANTIATE_TEST_SUITE_P(, RecordStoreTest, ::testing::Values(Kind::kSqlite, Kind::kMemory),
                         [](const auto& test) {
                           return test.param == Kind::kSqlite ? "Sqlite" : "Memory";
                         });

TEST_P(RecordStoreTest, NamesThatDifferInCaseAloneAreOneName) {
  ASSERT_TRUE(store_->Insert(Job("Job")).ok());

  EXPECT_EQ(store_->Insert(Job("jOB")).code(), Code::kAlreadyExists);
  EXPECT_TRUE(store_->Insert(Job("jOB", 1000, "InProgress", "another scope")).ok());
  EXPECT_EQ(store_->Get({"training-job", kScope, "job"}).status().code(), Code::kNotFound);
  ASSERT_TRUE(store_->Delete({"training-job", kScope, "Job"}).ok());
  EXPECT_TRUE(store_->Insert(Job("jOB")).ok());
}

TEST_P(RecordStoreTest, GivesBackWhatWasInserted) {
  Record job = Job("a", 1234);
  job.document["Text"] = std::string("zero\0byte", 9);
  ASSERT_TRUE(store_->Insert(job).ok());

  const auto found = store_->Get(job.key);

  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->version, 1);
  EXPECT_EQ(found->created, job.created);
  EXPECT_EQ(found->modified, job.modified);
  EXPECT_EQ(found->status, "InProgress");
  EXPECT_EQ(found->document, job.document);
}

TEST_P(RecordStoreTest, NamesAreTakenWithinKindAndScopeOnly) {
  ASSERT_TRUE(store_->Insert(Job("a")).ok());
  Record model = Job("a");
  model.key.kind = "model";

  EXPECT_EQ(store_->Insert(Job("a")).code(), Code::kAlreadyExists);
  EXPECT_TRUE(store_->Insert(model).ok());
  EXPECT_TRUE(store_->Insert(Job("a", 1000, "", "123456789012/eu-west-1")).ok());
  EXPECT_EQ(store_->Get({"training-job", kScope, "b"}).status().code(), Code::kNotFound);
  EXPECT_EQ(store_->Get({"training-job", "", "a"}).status().code(), Code::kNotFound);
}

TEST_P(RecordStoreTest, AnUpdateDemandsTheVersionThatWasRead) {
  ASSERT_TRUE(store_->Insert(Job("a", 1000)).ok());
  Record first = store_->Get(Job("a").key).value();
  Record second = first;
  first.status = "Completed";
  first.modified = FromMillis(2000);
  first.created = FromMillis(99);

  EXPECT_TRUE(store_->Update(first).ok());
  EXPECT_EQ(store_->Update(second).code(), Code::kFailedPrecondition);
  EXPECT_EQ(store_->Update(Job("never")).code(), Code::kNotFound);

  const Record stored = store_->Get(first.key).value();
  EXPECT_EQ(stored.version, 2);
  EXPECT_EQ(stored.status, "Completed");
  EXPECT_EQ(ToMillis(stored.modified), 2000);
  EXPECT_EQ(ToMillis(stored.created), 1000);  // a record is made once
}

TEST_P(RecordStoreTest, ABatchIsAllOrNothing) {
  ASSERT_TRUE(store_->Insert(Job("taken")).ok());

  const Status status = store_->Commit({{Write::Action::kInsert, Job("new")},
                                        {Write::Action::kDelete, Job("taken")},
                                        {Write::Action::kDelete, Job("missing")}});

  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(Names(Jobs()), std::vector<std::string>{"taken"});
}

TEST_P(RecordStoreTest, ADeletedRecordIsGoneAndItsNameFree) {
  ASSERT_TRUE(store_->Insert(Job("a")).ok());

  EXPECT_TRUE(store_->Delete(Job("a").key).ok());
  EXPECT_EQ(store_->Delete(Job("a").key).code(), Code::kNotFound);
  EXPECT_TRUE(store_->Insert(Job("a")).ok());
  EXPECT_EQ(store_->Get(Job("a").key)->version, 1);
}

TEST_P(RecordStoreTest, ListsInEveryOrderOverPages) {
  // Two share their creation time, so the name decides.
  for (const auto& [name, created, status] :
       std::vector<std::tuple<std::string, int, std::string>>{{"d", 1, "Completed"},
                                                              {"b", 3, "Failed"},
                                                              {"c", 2, "InProgress"},
                                                              {"a", 2, "Completed"},
                                                              {"e", 2, "Stopped"}})
    ASSERT_TRUE(store_->Insert(Job(name, created, status)).ok());

  const std::vector<std::pair<SortBy, std::vector<std::string>>> orders = {
      {SortBy::kName, {"a", "b", "c", "d", "e"}},
      {SortBy::kCreated, {"d", "a", "c", "e", "b"}},
      {SortBy::kModified, {"d", "a", "c", "e", "b"}},
      {SortBy::kStatus, {"a", "d", "b", "c", "e"}},
  };
  for (auto [sort_by, expected] : orders) {
    for (const int limit : {1, 2, 3, 5, 100})
      EXPECT_EQ(Names(Jobs(), {sort_by, false, limit, ""}), expected);
    std::reverse(expected.begin(), expected.end());
    for (const int limit : {1, 2, 3, 5, 100})
      EXPECT_EQ(Names(Jobs(), {sort_by, true, limit, ""}), expected);
  }
}

TEST_P(RecordStoreTest, EqualNamesInSeveralScopesAreEachListedOnce) {
  for (const char* scope : {"1/a", "1/b", "2/a"})
    for (const char* name : {"x", "y"})
      ASSERT_TRUE(store_->Insert(Job(name, 5, "InProgress", scope)).ok());
  Filter everywhere = Jobs();
  everywhere.scope.reset();

  for (const SortBy sort_by : {SortBy::kName, SortBy::kCreated, SortBy::kModified, SortBy::kStatus})
    EXPECT_EQ(Names(everywhere, {sort_by, false, 2, ""}),
              (std::vector<std::string>{"x", "x", "x", "y", "y", "y"}));
}

TEST_P(RecordStoreTest, FiltersCombine) {
  ASSERT_TRUE(store_->Insert(Job("train-1", 100, "Completed")).ok());
  ASSERT_TRUE(store_->Insert(Job("train-2", 200, "Failed")).ok());
  ASSERT_TRUE(store_->Insert(Job("tune-1", 300, "Completed")).ok());
  ASSERT_TRUE(store_->Insert(Job("train%_", 400, "Completed")).ok());
  const auto names = [&](auto change) {
    Filter filter = Jobs();
    change(filter);
    EXPECT_EQ(store_->Count(filter).value(), static_cast<std::int64_t>(Names(filter).size()));
    return Names(filter);
  };

  EXPECT_EQ(names([](Filter& f) { f.name_prefix = "train-"; }),
            (std::vector<std::string>{"train-1", "train-2"}));
  EXPECT_EQ(names([](Filter& f) { f.name_prefix = std::string("train\xff"); }),
            std::vector<std::string>{});
  EXPECT_EQ(names([](Filter& f) { f.name_contains = "-1"; }),
            (std::vector<std::string>{"train-1", "tune-1"}));
  EXPECT_EQ(names([](Filter& f) { f.name_ignoring_case = "TRAIN-1"; }),
            (std::vector<std::string>{"train-1"}));
  EXPECT_EQ(names([](Filter& f) { f.name_contains = "%_"; }),
            (std::vector<std::string>{"train%_"}));
  EXPECT_EQ(names([](Filter& f) {
              f.statuses = {"Failed", "Stopped"};
            }),
            (std::vector<std::string>{"train-2"}));
  EXPECT_EQ(names([](Filter& f) {
              f.created_after = FromMillis(200);
              f.created_before = FromMillis(400);
            }),
            (std::vector<std::string>{"train-2", "tune-1"}));
  EXPECT_EQ(names([](Filter& f) {
              f.modified_after = FromMillis(101);
              f.statuses = {"Completed"};
              f.name_contains = "t";
            }),
            (std::vector<std::string>{"train%_", "tune-1"}));
}

TEST_P(RecordStoreTest, PagesGoOnWhereTheyWereWhileRecordsComeAndGo) {
  for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(store_->Insert(Job(name)).ok());
  const Page first = store_->List(Jobs(), {SortBy::kName, false, 2, ""}).value();
  ASSERT_TRUE(store_->Delete(Job("b").key).ok());
  ASSERT_TRUE(store_->Insert(Job("a2")).ok());

  const Page second = store_->List(Jobs(), {SortBy::kName, false, 2, first.next_token}).value();

  ASSERT_EQ(second.records.size(), 2u);
  EXPECT_EQ(second.records[0].key.name, "c");
  EXPECT_EQ(second.next_token, "");
}

TEST_P(RecordStoreTest, RefusesTokensItDidNotMakeForThisList) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store_->Insert(Job(name)).ok());
  const std::string token = store_->List(Jobs(), {SortBy::kCreated, false, 1, ""})->next_token;
  ASSERT_NE(token, "");
  std::string mangled = token;
  mangled[8] = mangled[8] == 'A' ? 'B' : 'A';
  Filter models = Jobs();
  models.kind = "model";
  const auto code = [&](const Filter& filter, SortBy sort_by, bool descending,
                        const std::string& with) {
    return store_->List(filter, {sort_by, descending, 1, with}).status().code();
  };

  EXPECT_EQ(code(Jobs(), SortBy::kCreated, false, token), Code::kOk);
  EXPECT_EQ(code(Jobs(), SortBy::kCreated, true, token), Code::kInvalidArgument);
  EXPECT_EQ(code(Jobs(), SortBy::kName, false, token), Code::kInvalidArgument);
  EXPECT_EQ(code(models, SortBy::kCreated, false, token), Code::kInvalidArgument);
  EXPECT_EQ(code(Jobs(), SortBy::kCreated, false, mangled), Code::kInvalidArgument);
  EXPECT_EQ(code(Jobs(), SortBy::kCreated, false, "page 2"), Code::kInvalidArgument);
  EXPECT_EQ(code(Jobs(), SortBy::kCreated, false, "AAAA"), Code::kInvalidArgument);
  EXPECT_EQ(store_->List(Jobs(), {SortBy::kName, false, 0, ""}).status().code(),
            Code::kInvalidArgument);
}

TEST_P(RecordStoreTest, ConcurrentUpdatesOfOneRecordLoseNone) {
  Record counter = Job("counter");
  counter.document = Json::Object({{"n", 0}});
  ASSERT_TRUE(store_->Insert(counter).ok());
  std::vector<std::thread> threads;

  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int done = 0; done < 25;) {
        Record record = store_->Get(counter.key).value();
        record.document["n"] = record.document.GetInt("n") + 1;
        const Status status = store_->Update(record);
        if (status.ok())
          ++done;
        else
          ASSERT_EQ(status.code(), Code::kFailedPrecondition);
      }
    });
  }
  for (auto& thread : threads) thread.join();

  const Record stored = store_->Get(counter.key).value();
  EXPECT_EQ(stored.document.GetInt("n"), 100);
  EXPECT_EQ(stored.version, 101);
}

TEST_P(RecordStoreTest, OneStatusIsListedInEveryOrder) {
  for (const auto& [name, created, status] : std::vector<std::tuple<std::string, int, std::string>>{
           {"a", 3, "Completed"}, {"b", 1, "Failed"}, {"c", 2, "Completed"}, {"d", 1, "Completed"}})
    ASSERT_TRUE(store_->Insert(Job(name, created, status)).ok());
  Filter completed = Jobs();
  completed.statuses = {"Completed"};

  EXPECT_EQ(Names(completed, {SortBy::kCreated, true, 2, ""}),
            (std::vector<std::string>{"a", "c", "d"}));
  EXPECT_EQ(Names(completed, {SortBy::kName, false, 2, ""}),
            (std::vector<std::string>{"a", "c", "d"}));
  EXPECT_EQ(Names(completed, {SortBy::kStatus, true, 2, ""}),
            (std::vector<std::string>{"d", "c", "a"}));
}

TEST_P(RecordStoreTest, WhoWatchesARecordIsToldOfEachChangeThatCameAbout) {
  int told = 0, others = 0;
  auto subscription = store_->watch().Subscribe(Job("a").key, [&] { ++told; });
  const auto other = store_->watch().Subscribe(Job("b").key, [&] { ++others; });
  const std::uint64_t changes = store_->watch().ChangesOf("training-job");

  ASSERT_TRUE(store_->Insert(Job("a")).ok());
  ASSERT_FALSE(store_->Insert(Job("a")).ok());
  ASSERT_TRUE(store_->Update(store_->Get(Job("a").key).value()).ok());
  ASSERT_TRUE(store_->Delete(Job("a").key).ok());
  EXPECT_EQ(told, 3);
  EXPECT_EQ(others, 0);
  EXPECT_EQ(store_->watch().ChangesOf("training-job"), changes + 3);
  EXPECT_EQ(store_->watch().ChangesOf("model"), 0u);

  subscription.reset();
  ASSERT_TRUE(store_->Insert(Job("a")).ok());
  EXPECT_EQ(told, 3);
}

TEST_P(RecordStoreTest, WhoWatchesAKindIsToldWhichOfItsRecordsChanged) {
  std::vector<std::string> told;
  auto subscription = store_->watch().SubscribeToKind(
      "training-job", [&](const Key& key) { told.push_back(key.name); });

  Record other = Job("m");
  other.key.kind = "model";
  ASSERT_TRUE(store_->Insert(other).ok());
  ASSERT_TRUE(store_->Insert(Job("a")).ok());
  ASSERT_FALSE(store_->Insert(Job("a")).ok());
  ASSERT_TRUE(store_->Insert(Job("b")).ok());
  ASSERT_TRUE(store_->Update(store_->Get(Job("b").key).value()).ok());
  ASSERT_TRUE(store_->Delete(Job("a").key).ok());
  EXPECT_EQ(told, (std::vector<std::string>{"a", "b", "b", "a"}));

  subscription.reset();
  ASSERT_TRUE(store_->Insert(Job("a")).ok());
  EXPECT_EQ(told.size(), 4u);
}

TEST(RecordWatch, ASubscriptionMayOutliveTheStore) {
  auto store = std::make_unique<sagebrush::testing::MemoryRecordStore>();
  auto subscription = store->watch().Subscribe(Job("a").key, [] {});
  const auto of_kind = store->watch().SubscribeToKind("training-job", [](const Key&) {});
  store.reset();
  subscription.reset();
}

TEST(PageToken, CarriesAnyBytesForOnePurposeAndCount) {
  const std::vector<std::string> fields = {"", std::string("\0\xff", 2), "text"};
  const std::string token = MakePageToken("list.1", fields);

  EXPECT_EQ(ReadPageToken("list.1", token, 3).value(), fields);
  EXPECT_EQ(ReadPageToken("list.2", token, 3).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ReadPageToken("list.1", token, 2).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ReadPageToken("list.1", "", 0).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace sagebrush::metastore
