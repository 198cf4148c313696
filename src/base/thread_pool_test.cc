// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <iterator>
#include <vector>

namespace sagebrush {
namespace {

using namespace std::chrono_literals;

class Gate {
 public:
  void Open() { promise_.set_value(); }
  bool Wait() { return future_.wait_for(20s) == std::future_status::ready; }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

TEST(ThreadPool, RunsWhatIsQueuedBeforeItStops) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool(2, 100);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 50);
}

TEST(ThreadPool, RefusesBeyondItsQueue) {
  Gate gate;
  Gate started;
  ThreadPool pool(1, 1);
  ASSERT_TRUE(pool.Submit([&] {
    started.Open();
    gate.Wait();
  }));
  ASSERT_TRUE(started.Wait());

  EXPECT_TRUE(pool.Submit([] {}));
  EXPECT_FALSE(pool.Submit([] {}));
  gate.Open();
}

TEST(ThreadPool, ALentPlaceIsTakenByAnother) {
  Gate gate;
  Gate ran;
  ThreadPool pool(1, 10, 1);
  ASSERT_TRUE(pool.Submit([&] {
    const ThreadPool::Lent lent(&pool);
    gate.Wait();
  }));

  // Before or after the first has lent its place.
  ASSERT_TRUE(pool.Submit([&] { ran.Open(); }));

  EXPECT_TRUE(ran.Wait());
  gate.Open();
}

TEST(ThreadPool, LendsNoMoreThanItMay) {
  Gate gate;
  std::atomic<int> waiting{0};
  std::promise<void> both;
  ThreadPool pool(1, 10, 1);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
      const ThreadPool::Lent lent(&pool);
      if (++waiting == 2) both.set_value();
      gate.Wait();
    }));
  }
  ASSERT_EQ(both.get_future().wait_for(20s), std::future_status::ready);

  EXPECT_EQ(waiting, 2);
  gate.Open();
  pool.Stop();
  EXPECT_EQ(waiting, 3);
}

std::size_t ThreadsOfThisProcess() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(ThreadPool, ThreadsInExcessEnd) {
  const std::size_t before = ThreadsOfThisProcess();
  Gate gate;  // outlives the pool's tasks
  std::atomic<int> here{0};
  std::promise<void> all;
  ThreadPool pool(2, 1000, 50);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
      const ThreadPool::Lent lent(&pool);
      if (++here == 20) all.set_value();
      gate.Wait();
    }));
  }
  ASSERT_EQ(all.get_future().wait_for(20s), std::future_status::ready);
  ASSERT_GE(ThreadsOfThisProcess(), before + 20);

  gate.Open();

  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (ThreadsOfThisProcess() > before + 2 && std::chrono::steady_clock::now() < deadline) {
    std::promise<void> turn;
    ASSERT_TRUE(pool.Submit([&] { turn.set_value(); }));
    turn.get_future().wait();
  }
  EXPECT_LE(ThreadsOfThisProcess(), before + 2);
}

}  // namespace
}  // namespace sagebrush
