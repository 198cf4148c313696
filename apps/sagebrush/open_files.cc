// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/open_files.h"

#include <algorithm>
#include <fmt/format.h>
#include <sys/resource.h>

#include "base/log.h"

namespace sagebrush::apps {

namespace {

constexpr std::size_t kMostConnections = 16384;
constexpr std::size_t kFewConnections = 1000;
constexpr std::size_t kOwnFiles = 64;  // stores, listeners, loops

}  // namespace

std::size_t ConnectionsByOpenFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kFewConnections;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // lifting the soft limit to the hard one is always allowed
  const std::size_t files =
      limit.rlim_cur == RLIM_INFINITY ? 2 * kMostConnections + kOwnFiles : limit.rlim_cur;
  const std::size_t connections =
      std::clamp((files - std::min(files, kOwnFiles)) / 2, std::size_t{16}, kMostConnections);
  if (connections < kFewConnections)
    LogWarning("server",
               fmt::format("only {} connections at a time, since this process may have no more "
                           "than {} files open; raise that with ulimit -n, or LimitNOFILE= of a "
                           "systemd unit",
                           connections, files));
  return connections;
}

}  // namespace sagebrush::apps
