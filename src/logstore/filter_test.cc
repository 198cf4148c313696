// SPDX-License-Identifier: Apache-2.0
// Events of many streams, merged by time.
#include <algorithm>

#include "logstore/test_log_store.h"

namespace sagebrush::logstore {
namespace {

using LogFilterTest = LogStoreTest;

TEST_F(LogFilterTest, FilterMergesStreamsByTimeOverPages) {
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

TEST_F(LogFilterTest, FilterAgreesWithASortOfEverything) {
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

TEST_F(LogFilterTest, APatternThatMatchesNothingStillEndsItsPages) {
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

}  // namespace
}  // namespace sagebrush::logstore
