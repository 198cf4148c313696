// SPDX-License-Identifier: Apache-2.0
#include "logstore/log_store.h"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "metastore/database.h"
#include "testing/fake_clock.h"

namespace sagebrush::logstore {
namespace {

constexpr char kScope[] = "123456789012/us-west-2";
constexpr char kGroup[] = "/aws/sagemaker/TrainingJobs";

Event At(std::int64_t timestamp, std::string message) {
  Event event;
  event.timestamp_ms = timestamp;
  event.message = std::move(message);
  return event;
}

using Texts = std::vector<std::string>;

Texts Messages(const std::vector<Event>& events) {
  Texts texts;
  for (const Event& event : events) texts.push_back(event.message);
  return texts;
}

class LogStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Reopen();
    ASSERT_TRUE(store_->CreateGroup(kScope, kGroup).ok());
    ASSERT_TRUE(store_->CreateStream(kScope, kGroup, "s").ok());
  }

  void Reopen() {
    store_.reset();
    store_ = LogStore::Open(folder_.path(), clock_).value();
  }

  void Append(std::vector<Event> events, std::string_view stream = "s") {
    const Status status = store_->Append(kScope, kGroup, stream, std::move(events));
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  ReadPage Read(ReadRequest request, std::string_view stream = "s") {
    auto page = store_->Read(kScope, kGroup, stream, request);
    EXPECT_TRUE(page.ok()) << page.status().ToString();
    if (!page.ok()) return {};
    EXPECT_NE(page->forward_token, "");
    EXPECT_NE(page->backward_token, "");
    return *std::move(page);
  }

  ReadPage ReadFromHead(int limit = 10'000, const std::string& token = "") {
    ReadRequest request;
    request.from_head = true;
    request.limit = limit;
    request.token = token;
    return Read(request);
  }

  Texts FilterAll(FilterRequest request, int* pages = nullptr) {
    Texts texts;
    int count = 0;
    do {
      const auto page = store_->Filter(kScope, kGroup, request);
      EXPECT_TRUE(page.ok()) << page.status().ToString();
      if (!page.ok()) break;
      for (const Event& event : page->events) texts.push_back(event.stream + ":" + event.message);
      request.token = page->next_token;
      ++count;
    } while (!request.token.empty());
    if (pages != nullptr) *pages = count;
    return texts;
  }

  std::int64_t CountRows(const std::string& table) {
    const auto database = metastore::Database::Open(folder_.path() / "other.db", {}).value();
    std::int64_t rows = 0;
    EXPECT_TRUE(
        database
            ->Read([&](metastore::Session& session) -> Status {
              RETURN_IF_ERROR(
                  session
                      .Execute("ATTACH '" + (folder_.path() / "logs.db").string() + "' AS logs", {})
                      .status());
              return session.Query("SELECT count(*) FROM logs." + table, {},
                                   [&](const metastore::Row& row) {
                                     rows = row.Int(0);
                                     return false;
                                   });
            })
            .ok());
    return rows;
  }

  TempFolder folder_ = TempFolder::Create("logstore").value();
  testing::FakeClock clock_;
  std::unique_ptr<LogStore> store_;
};

TEST_F(LogStoreTest, OrdersByTimestampThenArrival) {
  Append({At(20, "c"), At(10, "a")});
  Append({At(20, "d"), At(10, "b")});

  EXPECT_EQ(Messages(ReadFromHead().events), (Texts{"a", "b", "c", "d"}));
}

TEST_F(LogStoreTest, KeepsMessagesByteForByteAndStampsTheirArrival) {
  const std::string message("tab\t nul\0 end \xff", 15);
  Append({At(5, message), At(5, "")});

  const auto events = ReadFromHead().events;

  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].message, message);
  EXPECT_EQ(events[0].ingested_ms, ToMillis(clock_.Now()));
  EXPECT_EQ(events[1].message, "");
  EXPECT_NE(events[0].id, events[1].id);
}

TEST_F(LogStoreTest, FollowingTheForwardTokenGivesEachEventOnce) {
  for (int i = 0; i < 25; ++i) Append({At(i / 3, std::to_string(i))});
  Texts seen;
  std::string token;

  for (;;) {
    const ReadPage page = ReadFromHead(10, token);
    for (const Event& event : page.events) seen.push_back(event.message);
    if (page.events.empty()) {
      EXPECT_EQ(page.forward_token, token);  // how clients see the end
      break;
    }
    EXPECT_NE(page.forward_token, token);
    token = page.forward_token;
  }

  ASSERT_EQ(seen.size(), 25u);
  for (int i = 0; i < 25; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], std::to_string(i));

  Append({At(8, "new"), At(9, "newer")});
  EXPECT_EQ(Messages(ReadFromHead(10, token).events), (Texts{"new", "newer"}));
}

TEST_F(LogStoreTest, AnEmptyStreamsTokenShowsWhatComesLater) {
  ReadRequest request;
  request.from_head = true;
  request.start_ms = 100;
  const ReadPage empty = Read(request);
  Append({At(99, "too old"), At(100, "at the start"), At(150, "after")});

  request.token = empty.forward_token;

  EXPECT_TRUE(empty.events.empty());
  EXPECT_EQ(Messages(Read(request).events), (Texts{"at the start", "after"}));
}

TEST_F(LogStoreTest, WithoutATokenTheNewestPageComesInReadingOrder) {
  for (int i = 0; i < 7; ++i) Append({At(i, std::to_string(i))});
  ReadRequest request;
  request.limit = 3;

  const ReadPage newest = Read(request);
  request.token = newest.backward_token;
  const ReadPage older = Read(request);
  request.token = older.backward_token;
  const ReadPage oldest = Read(request);
  request.token = oldest.backward_token;
  const ReadPage none = Read(request);

  EXPECT_EQ(Messages(newest.events), (Texts{"4", "5", "6"}));
  EXPECT_EQ(Messages(older.events), (Texts{"1", "2", "3"}));
  EXPECT_EQ(Messages(oldest.events), (Texts{"0"}));
  EXPECT_TRUE(none.events.empty());
  EXPECT_EQ(none.backward_token, request.token);

  request.token = none.forward_token;
  EXPECT_EQ(Messages(Read(request).events), (Texts{"0", "1", "2"}));
  request.token = newest.forward_token;
  const ReadPage end = Read(request);
  EXPECT_TRUE(end.events.empty());
  request.token = end.backward_token;
  EXPECT_EQ(Messages(Read(request).events), (Texts{"4", "5", "6"}));
}

TEST_F(LogStoreTest, StartIsInclusiveAndEndIsNot) {
  Append({At(1, "1"), At(2, "2"), At(3, "3"), At(4, "4")});
  ReadRequest request;
  request.from_head = true;
  request.start_ms = 2;
  request.end_ms = 4;

  EXPECT_EQ(Messages(Read(request).events), (Texts{"2", "3"}));
  request.limit = 1;
  request.token = Read(request).forward_token;
  EXPECT_EQ(Messages(Read(request).events), (Texts{"3"}));
  request.token = Read(request).forward_token;
  EXPECT_TRUE(Read(request).events.empty());
}

TEST_F(LogStoreTest, APageHoldsAMebibyteAndAtLeastOneEvent) {
  Append({At(1, std::string(600'000, 'a')), At(2, std::string(400'000, 'b')),
          At(3, std::string(400'000, 'c'))});
  Append({At(4, std::string(3'000'000, 'd'))});

  const ReadPage first = ReadFromHead();
  const ReadPage second = ReadFromHead(10, first.forward_token);
  const ReadPage third = ReadFromHead(10, second.forward_token);

  EXPECT_EQ(first.events.size(), 2u);
  EXPECT_EQ(second.events.size(), 1u);
  EXPECT_EQ(third.events.size(), 1u);
  EXPECT_TRUE(ReadFromHead(10, third.forward_token).events.empty());
}

TEST_F(LogStoreTest, ALateEventWithAnOlderTimestampDisturbsNoFollower) {
  Append({At(10, "a"), At(30, "b")});
  const std::string token = ReadFromHead().forward_token;
  Append({At(20, "late")});
  Append({At(30, "c")});

  EXPECT_EQ(Messages(ReadFromHead(10, token).events), (Texts{"c"}));
  EXPECT_EQ(Messages(ReadFromHead().events), (Texts{"a", "late", "b", "c"}));
}

// The SDKs' loop: ask again from the last timestamp on, and skip as many events as were seen at it.
TEST_F(LogStoreTest, TheSdksPollingLoopSeesEachLineOnceWhileTheyArrive) {
  constexpr int kLines = 600;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < kLines; i += 3) {
      SourceBatch batch{"i-1", i, {}};
      for (int j = i; j < i + 3; ++j)
        batch.events.push_back(At(1000 + j / 10 - (j % 7 == 0 ? 3 : 0), std::to_string(j)));
      EXPECT_TRUE(store_->AppendBatch(kScope, kGroup, "s", std::move(batch)).ok());
    }
    done = true;
  });

  Texts seen;
  std::int64_t last = 0;
  std::size_t skip = 0;
  for (bool final_round = false; !final_round;) {
    final_round = done;
    ReadRequest request;
    request.from_head = true;
    request.start_ms = last;
    std::size_t to_skip = skip;
    for (;;) {
      const ReadPage page = Read(request);
      if (page.events.empty()) break;
      for (const Event& event : page.events) {
        if (to_skip > 0) {
          --to_skip;
          continue;
        }
        seen.push_back(event.message);
        skip = event.timestamp_ms == last ? skip + 1 : 1;
        last = event.timestamp_ms;
      }
      request.token = page.forward_token;
    }
  }
  writer.join();

  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kLines));
  for (int i = 0; i < kLines; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(LogStoreTest, RefusesForeignTokensAndLimits) {
  ASSERT_TRUE(store_->CreateStream(kScope, kGroup, "other").ok());
  const std::string forward = ReadFromHead().forward_token;
  std::string mangled = forward;
  mangled[6] = mangled[6] == 'A' ? 'B' : 'A';
  const auto code = [&](std::string_view stream, const std::string& token, int limit = 10) {
    ReadRequest request;
    request.token = token;
    request.limit = limit;
    return store_->Read(kScope, kGroup, stream, request).status().code();
  };

  EXPECT_EQ(code("s", forward), Code::kOk);
  EXPECT_EQ(code("other", forward), Code::kInvalidArgument);
  EXPECT_EQ(code("s", mangled), Code::kInvalidArgument);
  EXPECT_EQ(code("s", "b" + forward.substr(1)), Code::kInvalidArgument);
  EXPECT_EQ(code("s", "next"), Code::kInvalidArgument);
  EXPECT_EQ(code("s", "", 0), Code::kInvalidArgument);
  EXPECT_EQ(code("s", "", 10'001), Code::kInvalidArgument);
  FilterRequest filter;
  filter.token = forward;
  EXPECT_EQ(store_->Filter(kScope, kGroup, filter).status().code(), Code::kInvalidArgument);
}

TEST_F(LogStoreTest, ABatchSentAgainIsKeptOnce) {
  const auto send = [&](std::int64_t first, std::vector<Event> events) {
    return store_
        ->AppendBatch(kScope, "/aws/sagemaker/Endpoints/e", "AllTraffic/i-1",
                      {"i-1", first, std::move(events)})
        .value();
  };

  EXPECT_EQ(send(0, {}), -1);
  EXPECT_EQ(send(0, {At(1, "0"), At(1, "1")}), 1);
  EXPECT_EQ(send(0, {At(1, "0"), At(1, "1")}), 1);
  EXPECT_EQ(send(1, {At(1, "1"), At(1, "2")}), 2);
  Reopen();
  EXPECT_EQ(send(0, {}), 2);
  EXPECT_EQ(send(2, {At(1, "2"), At(0, "3")}), 3);
  EXPECT_EQ(send(5, {At(2, "5")}), 5);  // a gap is the sender's; nothing that came is dropped

  const auto page =
      store_->Read(kScope, "/aws/sagemaker/Endpoints/e", "AllTraffic/i-1", {}).value();
  EXPECT_EQ(Messages(page.events), (Texts{"0", "1", "2", "3", "5"}));
  EXPECT_EQ(page.events[3].timestamp_ms, 1);  // raised to the stream's newest
}

TEST_F(LogStoreTest, AKilledWriterLeavesNeitherGapNorDouble) {
  store_.reset();
  const auto line = [](std::int64_t number) {
    return At(1000 + number, "line " + std::to_string(number));
  };
  constexpr std::int64_t kBatch = 7;
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = LogStore::Open(folder_.path(), clock_);
      if (!store.ok()) ::_exit(2);
      // A new agent knows nothing, and sends all again.
      for (std::int64_t first = 0;; first += kBatch) {
        SourceBatch batch{"i-9", first, {}};
        for (std::int64_t i = 0; i < kBatch; ++i) batch.events.push_back(line(first + i));
        const auto stored = (*store)->AppendBatch(kScope, kGroup, "s", std::move(batch));
        if (!stored.ok() || ::write(ends[1], &*stored, sizeof *stored) != sizeof *stored)
          ::_exit(3);
      }
    }
    ::close(ends[1]);
    std::int64_t acknowledged = -1;
    while (acknowledged < 150 * (round + 1))
      ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), 8);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (::read(ends[0], &acknowledged, sizeof acknowledged) == 8) {
    }
    ::close(ends[0]);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);

    Reopen();
    const auto events = ReadFromHead().events;
    ASSERT_GT(static_cast<std::int64_t>(events.size()), acknowledged);
    for (std::size_t i = 0; i < events.size(); ++i)
      ASSERT_EQ(events[i].message, line(static_cast<std::int64_t>(i)).message);
    store_.reset();
  }
}

TEST_F(LogStoreTest, FilterMergesStreamsByTimeOverPages) {
  for (const char* stream : {"job/algo-1", "job/algo-2", "jobs/algo-1"})
    ASSERT_TRUE(store_->CreateStream(kScope, kGroup, stream).ok());
  Append({At(1, "a"), At(5, "e")}, "job/algo-1");
  Append({At(2, "b"), At(3, "c"), At(5, "f")}, "job/algo-2");
  Append({At(4, "d")}, "jobs/algo-1");
  const Texts all = {"job/algo-1:a",  "job/algo-2:b", "job/algo-2:c",
                     "jobs/algo-1:d", "job/algo-1:e", "job/algo-2:f"};

  for (const int limit : {1, 2, 3, 6, 100}) {
    FilterRequest request;
    request.limit = limit;
    int pages = 0;
    EXPECT_EQ(FilterAll(request, &pages), all);
    EXPECT_EQ(pages, (6 + limit - 1) / limit);  // no token unless something follows
  }
  FilterRequest prefix;
  prefix.stream_prefix = "job/";
  prefix.start_ms = 2;
  prefix.end_ms = 5;
  EXPECT_EQ(FilterAll(prefix), (Texts{"job/algo-2:b", "job/algo-2:c"}));
  FilterRequest named;
  named.streams = {"job/algo-1", "jobs/algo-1", "job/algo-1"};
  named.matches = [](std::string_view message) { return message != "a"; };
  named.limit = 1;
  EXPECT_EQ(FilterAll(named), (Texts{"jobs/algo-1:d", "job/algo-1:e"}));
  named.streams = {"job/algo-1", "nowhere"};
  EXPECT_EQ(store_->Filter(kScope, kGroup, named).status().code(), Code::kNotFound);
}

TEST_F(LogStoreTest, FilterAgreesWithASortOfEverything) {
  std::vector<std::pair<std::int64_t, std::string>> expected;
  std::uint32_t state = 7;
  const auto random = [&](std::uint32_t below) {
    state = state * 1'664'525 + 1'013'904'223;
    return (state >> 16) % below;
  };
  for (int s = 0; s < 12; ++s)
    ASSERT_TRUE(store_->CreateStream(kScope, kGroup, "s" + std::to_string(s)).ok());
  for (int batch = 0; batch < 60; ++batch) {
    const std::string stream = "s" + std::to_string(random(12));
    std::vector<Event> events;
    for (std::uint32_t i = 0, n = 1 + random(60); i < n; ++i) {
      const std::int64_t time = random(500);
      const std::string text = std::to_string(batch) + "." + std::to_string(i);
      events.push_back(At(time, text));
      expected.emplace_back(time, stream + ":" + text);
    }
    Append(std::move(events), stream);
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Texts texts;
  for (const auto& [time, text] : expected) texts.push_back(text);

  FilterRequest request;
  request.limit = 37;

  EXPECT_EQ(FilterAll(request), texts);
  request.newest_first = true;
  std::reverse(texts.begin(), texts.end());
  EXPECT_EQ(FilterAll(request), texts);
}

TEST_F(LogStoreTest, APatternThatMatchesNothingStillEndsItsPages) {
  Texts expected;
  for (int batch = 0; batch < 13; ++batch) {  // more than a page looks at
    std::vector<Event> events(9'000, At(batch, "noise"));
    if (batch % 6 == 0) {
      events.push_back(At(batch, "needle"));
      expected.push_back("s:needle");
    }
    Append(std::move(events));
  }
  FilterRequest request;
  request.matches = [](std::string_view message) { return message == "needle"; };
  int pages = 0;

  EXPECT_EQ(FilterAll(request, &pages), expected);
  EXPECT_EQ(pages, 2);
}

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
