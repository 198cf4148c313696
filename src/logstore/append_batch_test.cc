// SPDX-License-Identifier: Apache-2.0
// Batches of a source are kept exactly once, whoever dies.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "logstore/test_log_store.h"

namespace sagebrush::logstore {
namespace {

using AppendBatchTest = LogStoreTest;

TEST_F(AppendBatchTest, ABatchSentAgainIsKeptOnce) {
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

TEST_F(AppendBatchTest, AKilledWriterLeavesNeitherGapNorDouble) {
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

}  // namespace
}  // namespace sagebrush::logstore
