// SPDX-License-Identifier: Apache-2.0
// MemoryWatch: the limit where no cgroup could be written. It looks at the tree's memory every so often and, when it is over,
// calls once. Cheap sums first, the kernel's exact division of shared pages only when they are over the limit.
// Files in /tmp and /dev/shm that nobody has mapped are not seen.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace sagebrush::agent {

class MemoryWatch {
 public:
  MemoryWatch(std::uint64_t limit_bytes, std::function<void()> on_exceeded,
              std::chrono::milliseconds interval = std::chrono::milliseconds(100));
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  bool exceeded() const { return exceeded_; }

 private:
  void Run();

  const std::uint64_t limit_bytes_;
  const std::function<void()> on_exceeded_;
  const std::chrono::milliseconds interval_;
  std::atomic<bool> exceeded_ = false;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sagebrush::agent
