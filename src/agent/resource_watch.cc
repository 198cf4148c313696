// SPDX-License-Identifier: Apache-2.0
#include "agent/resource_watch.h"

#include <algorithm>
#include <string>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

#include "agent/tree_memory.h"
#include "base/file.h"
#include "base/process_tree.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

using std::chrono::steady_clock;

// Two samples closer than this say little, and the processor's clock ticks in hundredths of a second.
constexpr std::chrono::milliseconds kShortest(200);

// proc(5), /proc/PID/stat: fields 14 to 17 are utime, stime, cutime, cstime, in ticks. The second one may hold spaces.
double TicksOf(pid_t pid) {
  const Result<std::string> stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  if (!stat.ok()) return 0;  // it has ended meanwhile
  const std::size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos) return 0;
  const std::vector<std::string_view> fields =
      Split(std::string_view(*stat).substr(name_end + 1), ' ');  // fields[1] is the third one
  double ticks = 0;
  for (std::size_t i = 12; i <= 15 && i < fields.size(); ++i)
    ticks += static_cast<double>(ParseInt(fields[i]).value_or(0));
  return ticks;
}

double DiskPercent(const std::filesystem::path& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0 || disk.f_blocks == 0) return 0;
  const double used = static_cast<double>(disk.f_blocks - disk.f_bfree);
  return 100 * used / (used + static_cast<double>(disk.f_bavail));  // as df counts
}

}  // namespace

std::chrono::duration<double> CpuTimeOfTree() {
  double ticks = TicksOf(::getpid());
  for (const pid_t pid : DescendantsOf(::getpid())) ticks += TicksOf(pid);
  return std::chrono::duration<double>(ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
}

ResourceWatch::ResourceWatch(Options options, Send send)
    : options_(std::move(options)),
      send_(std::move(send)),
      since_(steady_clock::now()),
      cpu_(CpuTimeOfTree()) {
  thread_ = std::thread([this] { Run(); });
}

ResourceWatch::~ResourceWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
  if (steady_clock::now() - since_ >= kShortest) Sample();
}

void ResourceWatch::Run() {
  auto pause = options_.first;
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, pause, [this] { return stopping_; })) {
    lock.unlock();
    Sample();
    pause = options_.interval;
    lock.lock();
  }
}

void ResourceWatch::Sample() {
  const auto now = steady_clock::now();
  const auto cpu = CpuTimeOfTree();
  const std::chrono::duration<double> passed = now - since_;
  // A process that has ended and is not reaped yet is missing for a moment: the sum may step back.
  const double busy = std::max(0.0, (cpu - cpu_).count()) / std::max(passed.count(), 1e-3);
  since_ = now;
  cpu_ = cpu;
  std::vector<pid_t> tree = DescendantsOf(::getpid());
  tree.push_back(::getpid());
  send_(Json::Object({{"type", "metrics"},
                      {"cpu_percent", 100 * busy},
                      {"memory_bytes", MemoryShared(tree)},
                      {"disk_percent", DiskPercent(options_.folder)}}));
}

}  // namespace sagebrush::agent
