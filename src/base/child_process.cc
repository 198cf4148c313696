// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace sagebrush {

namespace {

using Deadline = std::chrono::steady_clock::time_point;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return LastErrno("cannot make a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool IsTransient(int error) { return error == EINTR || error == EAGAIN; }

// Until the child has closed its output. A child that leaves part of its input unread is its own business.
Result<std::string> Converse(ChildProcess& child, std::string_view input, Deadline deadline) {
  ::fcntl(child.input.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(child.output.get(), F_SETFL, O_NONBLOCK);
  std::string output;
  while (true) {
    if (input.empty()) child.input.Reset();
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return DeadlineExceeded("it does not end");
    pollfd ends[] = {{child.output.get(), POLLIN, 0}, {child.input.get(), POLLOUT, 0}};
    const int ready =
        ::poll(ends, 2, static_cast<int>(std::min<std::int64_t>(left.count(), 1'000)));
    if (ready < 0 && errno != EINTR) return LastErrno("cannot wait");
    if (ready <= 0) continue;
    if (ends[1].revents != 0) {
      const ssize_t count = ::write(child.input.get(), input.data(), input.size());
      if (count >= 0) {
        input.remove_prefix(static_cast<std::size_t>(count));
      } else if (!IsTransient(errno)) {
        input = {};
      }
    }
    if (ends[0].revents != 0) {
      char buffer[4096];
      const ssize_t count = ::read(child.output.get(), buffer, sizeof buffer);
      if (count == 0) return output;
      if (count > 0) output.append(buffer, static_cast<std::size_t>(count));
      if (count < 0 && !IsTransient(errno)) return LastErrno("cannot read");
    }
  }
}

}  // namespace

Result<ChildProcess> StartChild(std::vector<std::string> words, StandardError standard_error) {
  ASSIGN_OR_RETURN(Pipe in, MakePipe());
  ASSIGN_OR_RETURN(Pipe out, MakePipe());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
  if (standard_error == StandardError::kWithOutput)
    posix_spawn_file_actions_adddup2(&actions, out.write.get(), 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, ignored_by_us;
  sigemptyset(&none);
  sigemptyset(&ignored_by_us);
  sigaddset(&ignored_by_us, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ignored_by_us);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return ErrnoStatus(error, "cannot start " + words[0]);
  return ChildProcess{pid, std::move(in.write), std::move(out.read)};
}

int WaitForExit(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<ChildOutcome> RunChild(std::vector<std::string> words, std::string_view input,
                              std::chrono::milliseconds limit) {
  const std::string program = words[0];
  ASSIGN_OR_RETURN(ChildProcess child, StartChild(std::move(words), StandardError::kInherited));
  auto output = Converse(child, input, std::chrono::steady_clock::now() + limit);
  if (!output.ok()) ::kill(-child.pid, SIGKILL);
  const int exit_code = WaitForExit(child.pid);
  if (!output.ok()) return output.status().WithContext(program);
  return ChildOutcome{exit_code, *std::move(output)};
}

}  // namespace sagebrush
