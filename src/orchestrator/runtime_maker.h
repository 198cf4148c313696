// SPDX-License-Identifier: Apache-2.0
// Makes runtimes on first use, each once, with progress; what is made stays in the cache folder for every data folder.
// Any thread may call; Look never blocks.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/status.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/runtime_status.h"

namespace sagebrush::orchestrator {

// Whether a whole runtime stands in `folder`, made by today's recipe: every make script leaves a marker last, which names the
// recipe it was made by. A few small reads.
bool IsMade(const Runtime& runtime, const std::filesystem::path& folder);

// The recipe that the runtime in `folder` was made by, as its marker names it; "" if none stands there.
std::string RecipeOf(const std::filesystem::path& folder);

class RuntimeMaker {
 public:
  // `changed` is called from a maker's thread when something happened worth a look.
  RuntimeMaker(std::filesystem::path cache_folder, std::function<void()> changed);
  ~RuntimeMaker();  // kills makers that still run; the next start goes on where they stopped

  // How it stands; begins making it if it is not there. A failed one is tried again when asked a minute later or more.
  RuntimeStatus Look(const Runtime& runtime);
  std::filesystem::path FolderOf(const Runtime& runtime) const {
    return cache_ / "runtimes" / runtime.name;
  }

 private:
  struct Work {
    RuntimeStatus status;
    std::thread thread;
    int pid = 0;
    bool finished = false;
    std::chrono::steady_clock::time_point ended{};
  };
  void Make(const Runtime& runtime, Work* work);

  const std::filesystem::path cache_;
  const std::function<void()> changed_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Work> works_;
  bool stopping_ = false;
};

}  // namespace sagebrush::orchestrator
