// SPDX-License-Identifier: Apache-2.0
// Starting another program: found in PATH, leader of a process group of its own so that all of it can be stopped, with no
// signal blocked (ours are, in every thread), its standard input and output on pipes. The caller reaps it with WaitForExit;
// nothing else here waits. Any thread may call.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/fd.h"
#include "base/status.h"

namespace sagebrush {

enum class StandardError { kInherited, kWithOutput };

struct ChildProcess {
  pid_t pid;        // also the group's id
  UniqueFd input;   // the child reads what is written here; closed: the end of its input
  UniqueFd output;  // what the child writes
};

// `words`: the program, then its arguments.
Result<ChildProcess> StartChild(std::vector<std::string> words, StandardError standard_error);

// Waits until it has ended and reaps it: its exit code, or 128 + the signal that ended it.
int WaitForExit(pid_t pid);

struct ChildOutcome {
  int exit_code;
  std::string output;
};

// Runs a short-lived program to its end: writes `input`, collects its output until nobody holds that open, and reaps it.
// kDeadlineExceeded after `limit`, and then nothing of its group is left. Its standard error is ours.
Result<ChildOutcome> RunChild(std::vector<std::string> words, std::string_view input,
                              std::chrono::milliseconds limit);

}  // namespace sagebrush
