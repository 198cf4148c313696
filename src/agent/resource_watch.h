// SPDX-License-Identifier: Apache-2.0
// ResourceWatch: measures what the instance uses and sends it: after a second, then every ten, and a last time at the end, so
// that a short job has points too. CPU and memory are those of this process and all below it, as /proc tells them; disk
// is that of the file system under /opt/ml. A sample is said once and not repeated: without a server it is lost.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "base/json.h"

namespace sagebrush::agent {

class ResourceWatch {
 public:
  using Send = std::function<void(const Json& message)>;
  struct Options {
    std::filesystem::path folder;
    std::chrono::milliseconds first{1000};
    std::chrono::milliseconds interval{10'000};
  };

  ResourceWatch(Options options, Send send);
  ~ResourceWatch();  // sends the last one
  ResourceWatch(const ResourceWatch&) = delete;
  ResourceWatch& operator=(const ResourceWatch&) = delete;

 private:
  void Run();
  void Sample();

  const Options options_;
  const Send send_;
  std::chrono::steady_clock::time_point since_;  // of the last sample; used by one thread at a time
  std::chrono::duration<double> cpu_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

// The processor time that this process and all below it have used, with that of children which have ended.
std::chrono::duration<double> CpuTimeOfTree();

}  // namespace sagebrush::agent
