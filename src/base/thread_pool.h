// SPDX-License-Identifier: Apache-2.0
// A bounded pool: at most `threads` tasks run, at most `queue` wait; beyond that Submit refuses, and the caller decides what
// that means (the HTTP server answers 503). A task that waits for somebody outside lends its place (Lent), so that slow
// clients do not stand in the way of others. Threads start when first needed; those in excess end. Any thread may call.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace sagebrush {

class ThreadPool {
 public:
  // `lendable`: how many places may be lent at a time; tasks beyond keep theirs while they wait.
  ThreadPool(std::size_t threads, std::size_t queue, std::size_t lendable = 0);
  ~ThreadPool();  // runs what is queued, then joins
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // False if the queue is full or the pool is stopping; the task is then not run.
  bool Submit(std::function<void()> task);
  void Stop();

  // Within a task, around a wait: another task may run meanwhile. It does not wait to get its place back. Null: lends nothing.
  class Lent {
   public:
    explicit Lent(ThreadPool* pool);
    ~Lent();
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

   private:
    ThreadPool* const pool_;
  };

 private:
  void Run(std::list<std::thread>::iterator self);
  std::size_t places() const;  // needs mutex_
  bool StartThread();          // needs mutex_

  const std::size_t max_threads_;
  const std::size_t max_queue_;
  const std::size_t max_lent_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable wake_;
  std::condition_variable ended_one_;
  std::deque<std::function<void()>> tasks_;
  std::list<std::thread> threads_;
  std::list<std::thread> ended_;  // to be joined
  std::size_t idle_ = 0;
  std::size_t waking_ = 0;  // of the idle: told to look, and not awake yet
  std::size_t lent_ = 0;
  bool stopping_ = false;
};

}  // namespace sagebrush
