// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/list.h"

#include <algorithm>
#include <map>
#include <set>

#include "objectstore/internal/schema.h"
#include "objectstore/test_store.h"

namespace sagebrush::objectstore {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A session that counts the seeks of a list and the rows it looked at, and asks how SQLite finds them.
class CountingSession final : public metastore::Session {
 public:
  explicit CountingSession(metastore::Session& session) : session_(session) {}
  using Session::Execute;
  using Session::Query;
  Status Query(std::string_view sql, std::span<const metastore::Value> values,
               const std::function<bool(const metastore::Row&)>& row) override {
    ++queries;
    RETURN_IF_ERROR(session_.Query("EXPLAIN QUERY PLAN " + std::string(sql), values,
                                   [&](const metastore::Row& r) {
                                     plan = r.Text(3);
                                     return true;
                                   }));
    return session_.Query(sql, values, [&](const metastore::Row& r) {
      ++rows;
      return row(r);
    });
  }
  Result<std::int64_t> Execute(std::string_view sql,
                               std::span<const metastore::Value> values) override {
    return session_.Execute(sql, values);
  }
  int queries = 0, rows = 0;
  std::string plan;  // of the last query, its last step

 private:
  metastore::Session& session_;
};

class ListTest : public StoreTest {
 protected:
  void PutAll(const std::vector<std::string>& keys) {
    for (const auto& key : keys) ASSERT_TRUE(PutBytes(*store_, "b", key, "x").ok());
  }
  // All pages of `page_size`, with both lists in one.
  std::vector<std::string> Walk(ListRequest request, int page_size) {
    std::vector<std::string> all;
    request.max_keys = page_size;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = store_->List("b", request).value();
      std::vector<std::string> names = KeysOf(page);
      names.insert(names.end(), page.common_prefixes.begin(), page.common_prefixes.end());
      EXPECT_LE(names.size(), static_cast<std::size_t>(page_size));
      std::sort(names.begin(), names.end());
      all.insert(all.end(), names.begin(), names.end());
      if (!page.truncated) return all;
      EXPECT_EQ(page.last, names.back());
      request.start_after = page.last;
    }
    ADD_FAILURE() << "the list does not end";
    return all;
  }
  // Looks into the index that the store leaves.
  void CountRows(const std::function<void(CountingSession&)>& look) {
    store_.reset();
    const auto database =
        metastore::Database::Open(folder_.path() / "index.db", internal::kIndexMigrations).value();
    EXPECT_TRUE(database
                    ->Read([&](metastore::Session& session) -> Status {
                      CountingSession counting(session);
                      look(counting);
                      return Status::Ok();
                    })
                    .ok());
  }
};

TEST_F(ListTest, AKeyMayBeAPrefixOfAnother) {
  PutAll({"a", "a/b", "a/", "a//", "../x", "a b+c%20", "ünïcødé", "z\x7f"});

  const auto page = store_->List("b", {}).value();

  EXPECT_THAT(KeysOf(page),
              ElementsAre("../x", "a", "a b+c%20", "a/", "a//", "a/b", "z\x7f", "ünïcødé"));
  EXPECT_EQ(GetBytes(*store_, "b", "a/").value(), "x");
}

TEST_F(ListTest, KeysComeInTheOrderOfTheirBytes) {
  PutAll({"b", "B", "a-1", "a.1", "a/1", "a0", "\xf0\x9f\x98\x80", "\xef\xbf\xbd"});

  EXPECT_THAT(KeysOf(store_->List("b", {}).value()),
              ElementsAre("B", "a-1", "a.1", "a/1", "a0", "b", "\xef\xbf\xbd", "\xf0\x9f\x98\x80"));
}

TEST_F(ListTest, ADelimiterRollsKeysUp) {
  PutAll({"data/test/1", "data/test/2", "data/train/1", "data/readme", "model"});

  const auto top = store_->List("b", {.prefix = "", .delimiter = "/", .start_after = ""}).value();
  EXPECT_THAT(KeysOf(top), ElementsAre("model"));
  EXPECT_THAT(top.common_prefixes, ElementsAre("data/"));

  const auto data =
      store_->List("b", {.prefix = "data/", .delimiter = "/", .start_after = ""}).value();
  EXPECT_THAT(KeysOf(data), ElementsAre("data/readme"));
  EXPECT_THAT(data.common_prefixes, ElementsAre("data/test/", "data/train/"));

  const auto te =
      store_->List("b", {.prefix = "data/te", .delimiter = "/", .start_after = ""}).value();
  EXPECT_THAT(te.common_prefixes, ElementsAre("data/test/"));
}

TEST_F(ListTest, ALongDelimiterAndOneThatIsNoSlashWork) {
  PutAll({"a::b", "a::c", "d:e"});

  const auto page = store_->List("b", {.prefix = "", .delimiter = "::", .start_after = ""}).value();

  EXPECT_THAT(KeysOf(page), ElementsAre("d:e"));
  EXPECT_THAT(page.common_prefixes, ElementsAre("a::"));
}

TEST_F(ListTest, PagesOfAnySizeGiveTheSameWhole) {
  std::vector<std::string> keys;
  keys.reserve(40);
  for (int i = 0; i < 40; ++i)
    keys.push_back((i % 3 == 0 ? "dir" + std::to_string(i % 7) + "/" : "") + "k" +
                   std::to_string(i));
  PutAll(keys);
  for (const std::string delimiter : {"", "/", "k"})
    for (const std::string prefix : {"", "dir", "dir3/"}) {
      const ListRequest request{.prefix = prefix, .delimiter = delimiter, .start_after = ""};
      const auto whole = Walk(request, 1000);
      for (const int size : {1, 2, 3, 7, 40})
        EXPECT_EQ(Walk(request, size), whole) << prefix << " " << delimiter << " " << size;
    }
}

TEST_F(ListTest, StartAfterIsExclusiveAndSkipsACommonPrefixGivenThere) {
  PutAll({"a/1", "a/2", "b", "c"});

  EXPECT_THAT(
      KeysOf(store_->List("b", {.prefix = "", .delimiter = "", .start_after = "a/1"}).value()),
      ElementsAre("a/2", "b", "c"));
  const auto page =
      store_->List("b", {.prefix = "", .delimiter = "/", .start_after = "a/"}).value();
  EXPECT_THAT(KeysOf(page), ElementsAre("b", "c"));
  EXPECT_THAT(page.common_prefixes, IsEmpty());
}

TEST_F(ListTest, AnExactlyFullPageIsNotTruncated) {
  PutAll({"a", "b"});

  EXPECT_FALSE(store_->List("b", {.prefix = "", .delimiter = "", .start_after = "", .max_keys = 2})
                   ->truncated);
  EXPECT_TRUE(store_->List("b", {.prefix = "", .delimiter = "", .start_after = "", .max_keys = 1})
                  ->truncated);
  EXPECT_FALSE(store_->List("b", {.prefix = "", .delimiter = "", .start_after = "", .max_keys = 0})
                   ->truncated);
}

TEST_F(ListTest, OtherBucketsKeysAreNotSeen) {
  ASSERT_TRUE(store_->CreateBucket({"bb", "1", "us-west-2", clock_.Now()}).ok());
  ASSERT_TRUE(PutBytes(*store_, "bb", "other", "x").ok());

  EXPECT_THAT(store_->List("b", {})->objects, IsEmpty());
}

TEST_F(ListTest, CommonPrefixesAreSkippedBySeekingNotByScanning) {
  for (int folder = 0; folder < 5; ++folder)
    for (int i = 0; i < 100; ++i) PutAll({"f" + std::to_string(folder) + "/" + std::to_string(i)});

  CountRows([](CountingSession& counting) {
    const auto page =
        internal::ListObjects(counting, "b", {.prefix = "", .delimiter = "/", .start_after = ""});
    EXPECT_EQ(page->common_prefixes.size(), 5U);
    EXPECT_LE(counting.rows, 7);
    EXPECT_LE(counting.queries, 7);
    EXPECT_EQ(counting.plan, "SEARCH objects USING PRIMARY KEY (bucket=? AND key>?)");
  });
}

class UploadListTest : public ListTest {
 protected:
  std::string Start(const std::string& key) {
    clock_.Advance(std::chrono::milliseconds(1));
    return store_->CreateMultipart("b", key, {}, "", "")->upload_id;
  }
  // All pages of `page_size`: "key id", and common prefixes.
  std::vector<std::string> Walk(ListRequest request, int page_size) {
    std::vector<std::string> all;
    std::string after_id;
    request.max_keys = page_size;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = store_->ListMultiparts("b", request, after_id).value();
      std::vector<std::string> names = page.common_prefixes;
      for (const auto& upload : page.uploads) names.push_back(upload.key + " " + upload.upload_id);
      EXPECT_LE(names.size(), static_cast<std::size_t>(page_size));
      std::sort(names.begin(), names.end());
      all.insert(all.end(), names.begin(), names.end());
      if (!page.truncated) return all;
      EXPECT_EQ(page.last + (page.last_id.empty() ? "" : " " + page.last_id), names.back());
      request.start_after = page.last;
      after_id = page.last_id;
    }
    ADD_FAILURE() << "the list does not end";
    return all;
  }
};

TEST_F(UploadListTest, UploadsOfOneKeyComeInTheOrderTheyWereInitiated) {
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back("k " + Start("k"));

  EXPECT_EQ(Walk({}, 1000), ids);
}

TEST_F(UploadListTest, PagesOfAnySizeGiveTheSameWhole) {
  for (const char* key : {"a", "a/1", "a/1", "a/2", "a0", "b", "b", "b", "c/x/1", "c/x/2", "c/y"})
    Start(key);
  for (const char* prefix : {"", "a", "a/", "b", "c/", "none"})
    for (const char* delimiter : {"", "/"}) {
      const ListRequest request{.prefix = prefix, .delimiter = delimiter, .start_after = ""};
      const auto whole = Walk(request, 1000);
      for (int size = 1; size <= 4; ++size) EXPECT_EQ(Walk(request, size), whole) << prefix << size;
    }
  EXPECT_EQ(Walk({}, 1000).size(), 11U);
  EXPECT_EQ(Walk({.prefix = "", .delimiter = "/", .start_after = ""}, 1000).size(), 7U);
}

TEST_F(UploadListTest, AKeyAsMarkerPassesAllItsUploadsAndAnIdTheEarlierOnes) {
  const std::string first = Start("b"), second = Start("b"), c = Start("c");

  const auto after = [&](const std::string& key, const std::string& id) {
    std::vector<std::string> ids;
    const ListRequest request{.prefix = "", .delimiter = "", .start_after = key};
    const auto page = store_->ListMultiparts("b", request, id).value();
    for (const auto& upload : page.uploads) ids.push_back(upload.upload_id);
    return ids;
  };
  EXPECT_THAT(after("b", ""), ElementsAre(c));
  EXPECT_THAT(after("b", first), ElementsAre(second, c));
  EXPECT_THAT(after("b", second), ElementsAre(c));
  EXPECT_THAT(after("", second), ElementsAre(first, second, c));  // an id alone says nothing
  EXPECT_THAT(after("a", second), ElementsAre(first, second, c));
}

TEST_F(UploadListTest, APageReadsNoMoreThanItGives) {
  for (int i = 0; i < 100; ++i) Start("k" + std::to_string(i / 10));

  CountRows([](CountingSession& counting) {
    const auto page = internal::ListUploads(
        counting, "b", {.prefix = "", .delimiter = "", .start_after = "k3", .max_keys = 5}, "");
    ASSERT_EQ(page->uploads.size(), 5U);
    EXPECT_TRUE(page->truncated);
    EXPECT_EQ(page->last, "k4");
    EXPECT_EQ(counting.rows, 1 + 5 + 1);  // the bucket's, the page's, and one that says it goes on
    EXPECT_EQ(counting.plan, "SEARCH uploads USING PRIMARY KEY (bucket=? AND (key,id)>(?,?))");
  });
}

TEST(AfterPrefix, IsTheLeastStringBeyond) {
  EXPECT_EQ(internal::AfterPrefix("a/"), "a0");
  EXPECT_EQ(internal::AfterPrefix("a\xff\xff"), "b");
  EXPECT_EQ(internal::AfterPrefix("\xff"), std::nullopt);
  EXPECT_EQ(internal::AfterPrefix(""), std::nullopt);
}

}  // namespace
}  // namespace sagebrush::objectstore
