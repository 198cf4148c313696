// SPDX-License-Identifier: Apache-2.0
#include "agent/memory_watch.h"

#include <unistd.h>
#include <vector>

#include "agent/tree_memory.h"
#include "base/process_tree.h"

namespace sagebrush::agent {

MemoryWatch::MemoryWatch(std::uint64_t limit_bytes, std::function<void()> on_exceeded,
                         std::chrono::milliseconds interval)
    : limit_bytes_(limit_bytes), on_exceeded_(std::move(on_exceeded)), interval_(interval) {
  thread_ = std::thread([this] { Run(); });
}

MemoryWatch::~MemoryWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void MemoryWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    const std::vector<pid_t> tree = DescendantsOf(::getpid());
    const bool over = MemoryAtMost(tree) > limit_bytes_ && MemoryShared(tree) > limit_bytes_;
    if (over) {
      exceeded_ = true;
      on_exceeded_();
      return;
    }
    lock.lock();
  }
}

}  // namespace sagebrush::agent
