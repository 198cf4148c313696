// SPDX-License-Identifier: Apache-2.0
// A bounded pool: at most `threads` tasks run, at most `queue` wait; beyond that Submit refuses, and the caller decides what
// that means (the HTTP server answers 503). Threads start when first needed and stay. Any thread may call.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sagebrush {

class ThreadPool {
 public:
  ThreadPool(std::size_t threads, std::size_t queue);
  ~ThreadPool();  // runs what is queued, then joins
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // False if the queue is full or the pool is stopping; the task is then not run.
  bool Submit(std::function<void()> task);
  void Stop();

 private:
  void Run();

  const std::size_t max_threads_;
  const std::size_t max_queue_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace sagebrush
