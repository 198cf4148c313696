// SPDX-License-Identifier: Apache-2.0
// Groups and streams: lists, figures, deleting.
#include "logstore/test_log_store.h"

namespace sagebrush::logstore {
namespace {

TEST_F(LogStoreTest, ADeletedStreamTakesItsEventsAndBytesAlong) {
  ASSERT_TRUE(store_->CreateStream(kScope, kGroup, "big").ok());
  Append({At(1, "stays")});
  for (int batch = 0; batch < 5; ++batch) Append(std::vector<Event>(1000, At(batch, "x")), "big");
  EXPECT_EQ(store_->ListGroups(kScope, "", "", 10)->at(0).stored_bytes, 5000 * 27 + 31);

  ASSERT_TRUE(store_->DeleteStream(kScope, kGroup, "big").ok());

  EXPECT_EQ(store_->DeleteStream(kScope, kGroup, "big").code(), Code::kNotFound);
  EXPECT_EQ(store_->Read(kScope, kGroup, "big", {}).status().message().substr(0, 6), "stream");
  EXPECT_EQ(store_->ListGroups(kScope, "", "", 10)->at(0).stored_bytes, 31);
  EXPECT_EQ(CountRows("events"), 1);
  EXPECT_EQ(CountRows("doomed"), 0);

  ASSERT_TRUE(store_->CreateStream(kScope, kGroup, "big").ok());
  EXPECT_TRUE(Read({}, "big").events.empty());
  ASSERT_TRUE(store_->DeleteGroup(kScope, kGroup).ok());
  EXPECT_EQ(CountRows("events"), 0);
  EXPECT_EQ(CountRows("streams"), 0);
  EXPECT_EQ(store_->Append(kScope, kGroup, "s", {At(1, "x")}).message().substr(0, 5), "group");
}

TEST_F(LogStoreTest, WhatACrashLeftUnsweptIsSweptAtTheNextStart) {
  Append({At(1, "orphan")});
  store_.reset();
  {
    const auto logs = metastore::Database::Open(folder_.path() / "logs.db",
                                                std::vector<metastore::Migration>{{1, "SELECT 1"}})
                          .value();
    ASSERT_TRUE(
        logs->Write([&](metastore::Session& session) -> Status {
              RETURN_IF_ERROR(
                  session.Execute("INSERT INTO doomed SELECT id FROM streams", {}).status());
              return session.Execute("DELETE FROM streams", {}).status();
            })
            .ok());
  }

  Reopen();

  EXPECT_EQ(CountRows("events"), 0);
  EXPECT_EQ(CountRows("doomed"), 0);
}

TEST_F(LogStoreTest, ListsKeepFiguresOfEachStream) {
  ASSERT_TRUE(store_->CreateStream(kScope, kGroup, "t").ok());
  Append({At(30, "b"), At(10, "a")}, "t");
  clock_.Advance(std::chrono::seconds(5));
  Append({At(20, "c")}, "t");

  const auto streams = store_->ListStreams(kScope, kGroup, {}).value();

  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(streams[0].name, "s");
  EXPECT_FALSE(streams[0].first_event_ms.has_value());
  EXPECT_EQ(streams[1].first_event_ms, 10);
  EXPECT_EQ(streams[1].last_event_ms, 30);
  EXPECT_EQ(streams[1].last_ingestion_ms, ToMillis(clock_.Now()));
  EXPECT_EQ(store_->ListStreams(kScope, kGroup, {.prefix = "t"})->size(), 1u);
  EXPECT_EQ(store_->ListStreams(kScope, "none", {}).status().code(), Code::kNotFound);
}

TEST_F(LogStoreTest, StreamsComeInPagesOfEitherOrderAndDirection) {
  for (const char* name : {"a", "b", "c"})
    ASSERT_TRUE(store_->CreateStream(kScope, kGroup, name).ok());
  Append({At(30, "x")}, "a");
  Append({At(10, "x")}, "b");
  Append({At(30, "x")}, "c");  // and "s" of the fixture has none
  const auto pages = [&](ListStreamsRequest request) {
    std::string names;
    request.limit = 1;
    for (;;) {
      const auto page = store_->ListStreams(kScope, kGroup, request).value();
      if (page.empty()) return names;
      names += page[0].name;
      request.after = {page[0].name, page[0].last_event_ms};
    }
  };

  EXPECT_EQ(pages({}), "abcs");
  EXPECT_EQ(pages({.descending = true}), "scba");
  EXPECT_EQ(pages({.order = StreamOrder::kLastEvent}), "sbac");
  EXPECT_EQ(pages({.order = StreamOrder::kLastEvent, .descending = true}), "cabs");
  EXPECT_EQ(pages({.prefix = "b"}), "b");
}

TEST_F(LogStoreTest, GroupsAreListedByNameWithinTheirScope) {
  for (const char* name : {"/b", "/a/2", "/a/1"}) ASSERT_TRUE(store_->CreateGroup("s2", name).ok());
  const auto names = [&](std::string_view prefix, std::string_view after, int limit) {
    Texts found;
    const auto groups = store_->ListGroups("s2", prefix, after, limit).value();
    for (const Group& group : groups) found.push_back(group.name);
    return found;
  };

  EXPECT_EQ(names("", "", 10), (Texts{"/a/1", "/a/2", "/b"}));
  EXPECT_EQ(names("/a/", "", 10), (Texts{"/a/1", "/a/2"}));
  EXPECT_EQ(names("", "/a/1", 1), (Texts{"/a/2"}));
  EXPECT_EQ(store_->CreateGroup("s2", "/b").code(), Code::kAlreadyExists);
  EXPECT_EQ(store_->CreateStream(kScope, kGroup, "s").code(), Code::kAlreadyExists);
  EXPECT_EQ(store_->DeleteGroup("s2", "/c").code(), Code::kNotFound);
}

}  // namespace
}  // namespace sagebrush::logstore
