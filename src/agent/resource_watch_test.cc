// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_watch.h"

#include <gtest/gtest.h>
#include <optional>
#include <vector>

#include "base/file.h"

namespace sagebrush::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void BeBusy(milliseconds time) {
  const auto end = steady_clock::now() + time;
  while (steady_clock::now() < end) {
  }
}

class Sent {
 public:
  void operator()(const Json& message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(message);
    changed_.notify_all();
  }
  bool WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return messages_.size() >= count; });
  }
  std::vector<Json> messages() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }

 private:
  std::mutex mutex_;  // guards messages_
  std::condition_variable changed_;
  std::vector<Json> messages_;
};

TEST(ResourceWatch, AShortRunHasItsPointAtTheEnd) {
  Sent sent;
  {
    const ResourceWatch watch({.folder = "/"}, [&](const Json& message) { sent(message); });
    BeBusy(milliseconds(400));
  }

  ASSERT_EQ(sent.messages().size(), 1u);
  const Json message = sent.messages()[0];
  EXPECT_EQ(message.GetString("type"), "metrics");
  EXPECT_GT(message.GetDouble("cpu_percent"), 5);  // busy, but perhaps not alone on the machine
  EXPECT_LT(message.GetDouble("cpu_percent"), 150);
  EXPECT_GT(message.GetDouble("memory_bytes"), 100 << 10);
  EXPECT_LT(message.GetDouble("memory_bytes"), 1 << 30);
  EXPECT_GT(message.GetDouble("disk_percent"), 0);
  EXPECT_LE(message.GetDouble("disk_percent"), 100);
}

TEST(ResourceWatch, SamplesComeAgainAndAgain) {
  Sent sent;
  const ResourceWatch watch({.folder = "/", .first = milliseconds(1), .interval = milliseconds(1)},
                            [&](const Json& message) { sent(message); });

  EXPECT_TRUE(sent.WaitFor(3));
}

TEST(ResourceWatch, ProcessorTimeOnlyGrows) {
  const auto before = CpuTimeOfTree();
  BeBusy(milliseconds(100));

  EXPECT_GE(CpuTimeOfTree(), before);
  EXPECT_GT(CpuTimeOfTree().count(), 0);
}

}  // namespace
}  // namespace sagebrush::agent
