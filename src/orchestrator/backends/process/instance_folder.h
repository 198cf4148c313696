// SPDX-License-Identifier: Apache-2.0
// One instance's folder below <data>/instances (docs/formats/instances.md): whether its keeper lives, who that is, how it
// ended, what of the machine it has been given. Everything is read from the disk at each question, so every server of the
// data folder sees the same. Any thread may call.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/status.h"
#include "orchestrator/backends/process/isolation.h"

namespace sagebrush::orchestrator {

class InstanceFolder {
 public:
  explicit InstanceFolder(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  // Where the server listens for its agent.
  std::filesystem::path sockets() const { return open_folder() / "run"; }
  // A keeper has begun here: what is inside has run, and is never run again.
  bool has_run() const { return std::filesystem::exists(path_ / "pid"); }
  bool is_kept() const;  // its keeper lives
  std::optional<pid_t> keeper() const;
  std::optional<pid_t> namespace_init() const;  // of a sandbox, and only there
  std::optional<unsigned> uid() const;          // the machine's, if it has one of its own
  std::optional<int> exit_code() const;         // written by the keeper when all is over
  Isolation isolation() const;
  // Where its /opt/ml, /tmp and sockets are, if not below path(): an own uid cannot walk into a data folder.
  std::filesystem::path open_folder() const;

  Status Note(std::string_view name, std::string_view value) const;

 private:
  std::optional<std::int64_t> Number(const char* name) const;

  std::filesystem::path path_;
};

bool IsInstanceId(std::string_view name);

// The open folders of the instances below `instances` are called by this and the instance's id.
std::string OpenFolderPrefix(const std::filesystem::path& instances);

// The lowest number of [first, first + count) that no instance below `instances` has noted under `name` and that `usable`
// accepts; Unavailable while there is none, for others come to their end. Whoever asks holds a lock until the number is noted.
Result<unsigned> LowestFreeNumber(const std::filesystem::path& instances, const char* name,
                                  unsigned first, unsigned count,
                                  const std::function<bool(unsigned)>& usable);

}  // namespace sagebrush::orchestrator
