// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: a store in a fresh folder, with one group and one stream.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "logstore/log_store.h"
#include "metastore/database.h"
#include "testing/fake_clock.h"

namespace sagebrush::logstore {

inline constexpr char kScope[] = "123456789012/us-west-2";
inline constexpr char kGroup[] = "/aws/sagemaker/TrainingJobs";

inline Event At(std::int64_t timestamp, std::string message) {
  Event event;
  event.timestamp_ms = timestamp;
  event.message = std::move(message);
  return event;
}

using Texts = std::vector<std::string>;

inline Texts Messages(const std::vector<Event>& events) {
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

}  // namespace sagebrush::logstore
