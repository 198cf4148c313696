// SPDX-License-Identifier: Apache-2.0
// What another user may do, and whether this one may mount, is only known by trying: in a child of its own, which changes
// nothing of this process. Any thread may call; `works` must not need the other threads.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace sagebrush::orchestrator {

template <typename Action>
bool InChild(const Action& works) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(works() ? 0 : 1);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace sagebrush::orchestrator
