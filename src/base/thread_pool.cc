// SPDX-License-Identifier: Apache-2.0
#include "base/thread_pool.h"

#include <algorithm>
#include <system_error>

namespace sagebrush {

ThreadPool::ThreadPool(std::size_t threads, std::size_t queue, std::size_t lendable)
    : max_threads_(threads), max_queue_(queue), max_lent_(lendable) {}

ThreadPool::~ThreadPool() { Stop(); }

bool ThreadPool::Submit(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || tasks_.size() >= max_queue_) return false;
    // Where the machine gives no thread, one of ours must come by, if there is one.
    if (idle_ <= tasks_.size() && threads_.size() < places() && !StartThread() && threads_.empty())
      return false;
    tasks_.push_back(std::move(task));
    // A running worker often takes the task before the one that was woken for it is there: that one then serves the next, and
    // needs no second call (a futex and a switch each).
    if (waking_ >= std::min(tasks_.size(), idle_)) return true;
    ++waking_;
  }
  wake_.notify_one();
  return true;
}

std::size_t ThreadPool::places() const { return max_threads_ + std::min(lent_, max_lent_); }

bool ThreadPool::StartThread() {
  threads_.emplace_back();
  const auto self = std::prev(threads_.end());
  try {
    *self = std::thread([this, self] { Run(self); });
  } catch (const std::system_error&) {
    threads_.erase(self);
    return false;
  }
  return true;
}

void ThreadPool::Stop() {
  std::list<std::thread> ended;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    ended_one_.wait(lock, [this] { return threads_.empty(); });
    ended.swap(ended_);
  }
  for (auto& thread : ended) thread.join();
}

void ThreadPool::Run(std::list<std::thread>::iterator self) {
  std::list<std::thread> before;  // threads that ended earlier
  {
    std::unique_lock lock(mutex_);
    while (threads_.size() <= places()) {
      ++idle_;
      while (!stopping_ && tasks_.empty()) {
        wake_.wait(lock);
        if (waking_ > 0) --waking_;
      }
      --idle_;
      if (tasks_.empty()) break;
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // what it captured goes before the lock is taken again
      lock.lock();
    }
    before.swap(ended_);
    ended_.splice(ended_.end(), threads_, self);
    if (threads_.empty()) ended_one_.notify_all();
  }
  for (auto& thread : before) thread.join();
}

ThreadPool::Lent::Lent(ThreadPool* pool) : pool_(pool) {
  if (pool_ == nullptr) return;
  const std::lock_guard lock(pool_->mutex_);
  ++pool_->lent_;
  // A queue means that nobody is idle: a thread more can take it up. Without one there is nothing to do; Submit looks.
  if (pool_->idle_ < pool_->tasks_.size() && pool_->threads_.size() < pool_->places())
    (void)pool_->StartThread();
}

ThreadPool::Lent::~Lent() {
  if (pool_ == nullptr) return;
  const std::lock_guard lock(pool_->mutex_);
  --pool_->lent_;
}

}  // namespace sagebrush
