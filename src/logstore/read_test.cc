// SPDX-License-Identifier: Apache-2.0
// Reading one stream: order, tokens in both directions, bounds of a page.
#include <atomic>
#include <thread>

#include "logstore/test_log_store.h"

namespace sagebrush::logstore {
namespace {

using LogReadTest = LogStoreTest;

TEST_F(LogReadTest, OrdersByTimestampThenArrival) {
  Append({At(20, "c"), At(10, "a")});
  Append({At(20, "d"), At(10, "b")});

  EXPECT_EQ(Messages(ReadFromHead().events), (Texts{"a", "b", "c", "d"}));
}

TEST_F(LogReadTest, KeepsMessagesByteForByteAndStampsTheirArrival) {
  const std::string message("tab\t nul\0 end \xff", 15);
  Append({At(5, message), At(5, "")});

  const auto events = ReadFromHead().events;

  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].message, message);
  EXPECT_EQ(events[0].ingested_ms, ToMillis(clock_.Now()));
  EXPECT_EQ(events[1].message, "");
  EXPECT_NE(events[0].id, events[1].id);
}

TEST_F(LogReadTest, FollowingTheForwardTokenGivesEachEventOnce) {
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

TEST_F(LogReadTest, AnEmptyStreamsTokenShowsWhatComesLater) {
  ReadRequest request;
  request.from_head = true;
  request.start_ms = 100;
  const ReadPage empty = Read(request);
  Append({At(99, "too old"), At(100, "at the start"), At(150, "after")});

  request.token = empty.forward_token;

  EXPECT_TRUE(empty.events.empty());
  EXPECT_EQ(Messages(Read(request).events), (Texts{"at the start", "after"}));
}

TEST_F(LogReadTest, WithoutATokenTheNewestPageComesInReadingOrder) {
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

TEST_F(LogReadTest, StartIsInclusiveAndEndIsNot) {
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

TEST_F(LogReadTest, APageHoldsAMebibyteAndAtLeastOneEvent) {
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

TEST_F(LogReadTest, ALateEventWithAnOlderTimestampDisturbsNoFollower) {
  Append({At(10, "a"), At(30, "b")});
  const std::string token = ReadFromHead().forward_token;
  Append({At(20, "late")});
  Append({At(30, "c")});

  EXPECT_EQ(Messages(ReadFromHead(10, token).events), (Texts{"c"}));
  EXPECT_EQ(Messages(ReadFromHead().events), (Texts{"a", "late", "b", "c"}));
}

// The SDKs' loop: ask again from the last timestamp on, and skip as many events as were seen at it.
TEST_F(LogReadTest, TheSdksPollingLoopSeesEachLineOnceWhileTheyArrive) {
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

TEST_F(LogReadTest, RefusesForeignTokensAndLimits) {
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

}  // namespace
}  // namespace sagebrush::logstore
