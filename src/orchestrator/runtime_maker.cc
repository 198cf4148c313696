// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/runtime_maker.h"

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include "base/child_process.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

constexpr std::chrono::seconds kRetryAfter{60};

// As runtimes/common.sh reckons it: sha256sum's lines of the recipe's files, sorted by name, hashed once more.
std::string RecipeHash(const fs::path& recipe) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(recipe, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error))
    if (it->is_regular_file(error))
      names.push_back("./" + it->path().lexically_relative(recipe).string());
  std::sort(names.begin(), names.end());
  std::string lines;
  for (const auto& name : names)
    lines += HexEncode(Sha256(ReadFile(recipe / name).value_or(""))) + "  " + name + "\n";
  return HexEncode(Sha256(lines));
}

}  // namespace

bool IsMade(const Runtime& runtime, const fs::path& folder) {
  return RecipeOf(folder) == RecipeHash(runtime.make.parent_path());
}

std::string RecipeOf(const fs::path& folder) {
  return std::string(Trim(ReadFile(folder / ".made").value_or("")));
}

RuntimeMaker::RuntimeMaker(fs::path cache_folder, std::function<void()> changed)
    : cache_(std::move(cache_folder)), changed_(std::move(changed)) {}

RuntimeMaker::~RuntimeMaker() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [name, work] : works_) {
      if (work.pid > 0 && !work.finished) ::kill(-work.pid, SIGTERM);
      if (work.thread.joinable()) threads.push_back(std::move(work.thread));
    }
  }
  for (auto& thread : threads) thread.join();
}

RuntimeStatus RuntimeMaker::Look(const Runtime& runtime) {
  const std::lock_guard lock(mutex_);
  auto& work = works_[runtime.name];
  if (work.status.state == RuntimeStatus::State::kReady) {
    if (fs::exists(FolderOf(runtime) / ".made")) return work.status;
    // It has been cleaned away since (`sagebrush gc`): as if this server had never seen it.
    if (work.thread.joinable()) work.thread.join();
    work.status = {};
  }
  const bool retry = work.finished && std::chrono::steady_clock::now() - work.ended >= kRetryAfter;
  if ((work.thread.joinable() && !retry) || stopping_) return work.status;
  // The usual case costs no process; a runtime of an older recipe is made anew.
  if (IsMade(runtime, FolderOf(runtime))) {
    work.status = {.state = RuntimeStatus::State::kReady, .text = {}, .folder = FolderOf(runtime)};
    return work.status;
  }
  if (work.thread.joinable()) work.thread.join();
  work.finished = false;
  work.status = {.state = RuntimeStatus::State::kMaking,
                 .text = "about " + std::to_string(runtime.seconds) + " s, " +
                         std::to_string(runtime.megabytes) + " MB",
                 .folder = {}};
  work.thread = std::thread([this, runtime, &work] { Make(runtime, &work); });
  return work.status;
}

void RuntimeMaker::Make(const Runtime& runtime, Work* work) {
  LogInfo("runtimes", "making " + runtime.name + " in " + FolderOf(runtime).string());
  std::string last_line, error_line;
  int exit_code = -1;
  auto child =
      StartChild({runtime.make.string(), FolderOf(runtime).string()}, StandardError::kWithOutput);
  if (child.ok()) {
    child->input.Reset();
    {
      const std::lock_guard lock(mutex_);
      work->pid = child->pid;
      if (stopping_) ::kill(-child->pid, SIGTERM);
    }
    std::string pending;
    char buffer[4096];
    for (ssize_t count; (count = ::read(child->output.get(), buffer, sizeof buffer)) > 0;) {
      pending.append(buffer, static_cast<std::size_t>(count));
      for (std::size_t end; (end = pending.find('\n')) != std::string::npos;
           pending.erase(0, end + 1)) {
        const std::string line(Trim(std::string_view(pending).substr(0, end)));
        if (line.starts_with("progress: ")) {
          {
            const std::lock_guard lock(mutex_);
            work->status.text = line.substr(10);
          }
          changed_();
        } else if (line.starts_with("error: ")) {
          error_line = line.substr(7);
        } else if (!line.empty()) {
          last_line = line;
        }
      }
    }
    exit_code = WaitForExit(child->pid);
  } else {
    error_line = child.status().message();
  }
  {
    const std::lock_guard lock(mutex_);
    work->finished = true;
    work->ended = std::chrono::steady_clock::now();
    if (exit_code == 0) {
      work->status = {
          .state = RuntimeStatus::State::kReady, .text = {}, .folder = FolderOf(runtime)};
    } else {
      work->status = {.state = RuntimeStatus::State::kFailed,
                      .text = "cannot make the runtime " + runtime.name + ": " +
                              (error_line.empty() ? last_line : error_line),
                      .folder = {}};
      LogError("runtimes", work->status.text);
    }
  }
  changed_();
}

}  // namespace sagebrush::orchestrator
