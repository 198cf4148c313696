// SPDX-License-Identifier: Apache-2.0
#include "agent/parallel.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

namespace sagebrush::agent {

Status ForEachInParallel(std::size_t threads, std::size_t count,
                         const std::function<Status(std::size_t)>& work) {
  std::mutex mutex;  // guards next and first_error
  std::size_t next = 0;
  Status first_error;
  const auto run = [&] {
    while (true) {
      std::size_t index = 0;
      {
        const std::lock_guard lock(mutex);
        if (!first_error.ok() || next == count) return;
        index = next++;
      }
      const Status done = work(index);
      if (done.ok()) continue;
      const std::lock_guard lock(mutex);
      if (first_error.ok()) first_error = done;
    }
  };
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < std::min(threads, count); ++i) helpers.emplace_back(run);
  run();
  for (std::thread& helper : helpers) helper.join();
  return first_error;
}

}  // namespace sagebrush::agent
