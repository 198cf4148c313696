// SPDX-License-Identifier: Apache-2.0
// UserProcess: the user's program, in a session and process group of its own, with its output read line by line. Whatever it
// forks stays below us (this process is its subreaper) and ends with it, as the processes of a container do.
// One at a time in a program, because it reaps every child. Any thread may call.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush::agent {

struct ExitStatus {
  int code = 0;    // as a shell tells it: 128 + signal
  int signal = 0;  // 0 if it ended by itself
};

class UserProcess {
 public:
  struct Command {
    std::vector<std::string>
        argv;  // argv[0] is looked up in the environment's PATH if it has no '/'
    std::vector<std::string> environment;  // "NAME=value"; nothing else is passed on
    std::string working_directory;
  };
  // Called on the reading thread; while it waits the program's pipe fills and the program waits too.
  using OnLine = std::function<void(std::string line)>;
  // Called on the reaping thread when the program itself has ended.
  using OnExit = std::function<void()>;

  // kNotFound or kPermissionDenied with a sentence when the program cannot be started.
  static Result<std::unique_ptr<UserProcess>> Start(const Command& command, OnLine on_line,
                                                    OnExit on_exit);
  ~UserProcess();  // kills what is left
  UserProcess(const UserProcess&) = delete;
  UserProcess& operator=(const UserProcess&) = delete;

  std::optional<ExitStatus> exit_status() const;
  void SignalGroup(int signal);
  // Kills all that is left of the tree and returns when every line of it has been handed over. Idempotent.
  void Finish();
  // The end of the output, for a failure's text.
  std::vector<std::string> LastLines() const;
  pid_t pid() const { return pid_; }

 private:
  UserProcess(OnLine on_line, OnExit on_exit)
      : on_line_(std::move(on_line)), on_exit_(std::move(on_exit)) {}
  void Read();
  void Reap();
  void TakeLine(std::string line);

  const OnLine on_line_;
  const OnExit on_exit_;
  pid_t pid_ = -1;
  UniqueFd output_;    // non-blocking
  UniqueFd all_dead_;  // an eventfd: nobody is left who could write

  mutable std::mutex mutex_;  // guards all below
  std::optional<ExitStatus> status_;
  std::deque<std::string> last_lines_;
  std::size_t last_bytes_ = 0;

  std::thread reader_;
  std::thread reaper_;
};

}  // namespace sagebrush::agent
