// SPDX-License-Identifier: Apache-2.0
#include "agent/user_process.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/line_splitter.h"
#include "base/log.h"
#include "base/process_tree.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kTailBytes = 16 << 10;
constexpr std::size_t kTailLines = 200;
// A progress bar that is older than this shows what it has.
constexpr std::chrono::milliseconds kStaleLine(2000);
constexpr std::chrono::seconds kKillPatience(30);

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Result<std::string> FindProgram(const UserProcess::Command& command) {
  const std::string& name = command.argv.front();
  if (name.find('/') != std::string::npos) return name;
  for (const std::string& variable : command.environment) {
    if (!variable.starts_with("PATH=")) continue;
    for (const std::string_view folder : Split(std::string_view(variable).substr(5), ':')) {
      std::string path = std::string(folder) + "/" + name;
      if (::access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return NotFound(fmt::format("cannot start '{}': no such program on PATH", name));
}

// Between fork and exec only what is safe after a fork of a threaded program.
[[noreturn]] void ExecChild(const char* program, char* const* argv, char* const* environment,
                            const char* folder, int null_fd, int output_fd, int error_fd) {
  ::setsid();
  ::dup2(null_fd, 0);
  ::dup2(output_fd, 1);
  ::dup2(output_fd, 2);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::syscall(
      SYS_close_range, 3u, ~0u,
      4u /* CLOSE_RANGE_CLOEXEC */);  // ours are CLOEXEC already; what we inherited may not be
  if (*folder == '\0' || ::chdir(folder) == 0) ::execve(program, argv, environment);
  const int error = errno;
  (void)!::write(error_fd, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<UserProcess>> UserProcess::Start(const Command& command, OnLine on_line,
                                                        OnExit on_exit) {
  ASSIGN_OR_RETURN(const std::string program, FindProgram(command));
  int output[2];
  int error[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return LastErrno("pipe");
  UniqueFd read_end(output[0]);
  UniqueFd write_end(output[1]);
  if (::pipe2(error, O_CLOEXEC) != 0) return LastErrno("pipe");
  UniqueFd error_read(error[0]);
  UniqueFd error_write(error[1]);
  UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.valid()) return LastErrno("open /dev/null");
  UniqueFd all_dead(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!all_dead.valid()) return LastErrno("eventfd");
  if (::fcntl(read_end.get(), F_SETFL, O_NONBLOCK) != 0) return LastErrno("fcntl");
  ::fcntl(read_end.get(), F_SETPIPE_SZ, 256 << 10);  // more only helps; the default is fine too
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return LastErrno("prctl(PR_SET_CHILD_SUBREAPER)");

  const std::vector<char*> argv = Pointers(command.argv);
  const std::vector<char*> environment = Pointers(command.environment);
  const pid_t pid = ::fork();
  if (pid < 0) return LastErrno("fork");
  if (pid == 0) {
    ExecChild(program.c_str(), argv.data(), environment.data(), command.working_directory.c_str(),
              null.get(), write_end.get(), error_write.get());
  }
  write_end.Reset();
  error_write.Reset();
  int failed = 0;
  ssize_t got = 0;
  do {
    got = ::read(error_read.get(), &failed,
                 sizeof failed);  // ends at the exec, which closes the other side
  } while (got < 0 && errno == EINTR);
  if (got == sizeof failed) {
    ::waitpid(pid, nullptr, 0);
    return ErrnoStatus(failed, fmt::format("cannot start '{}' in '{}'", command.argv.front(),
                                           command.working_directory));
  }

  std::unique_ptr<UserProcess> process(new UserProcess(std::move(on_line), std::move(on_exit)));
  process->pid_ = pid;
  process->output_ = std::move(read_end);
  process->all_dead_ = std::move(all_dead);
  process->reader_ = std::thread([self = process.get()] { self->Read(); });
  process->reaper_ = std::thread([self = process.get()] { self->Reap(); });
  return process;
}

UserProcess::~UserProcess() { Finish(); }

std::optional<ExitStatus> UserProcess::exit_status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void UserProcess::SignalGroup(int signal) {
  const std::lock_guard lock(mutex_);
  // Once reaped the number may belong to another group.
  if (!status_) ::kill(-pid_, signal);
}

void UserProcess::Finish() {
  if (!KillDescendants(kKillPatience))
    LogError("agent", "some of the user's processes cannot be killed");
  if (reaper_.joinable()) reaper_.join();
  const std::uint64_t one = 1;
  if (reader_.joinable()) {
    (void)!::write(all_dead_.get(), &one, sizeof one);
    reader_.join();
  }
}

std::vector<std::string> UserProcess::LastLines() const {
  const std::lock_guard lock(mutex_);
  return {last_lines_.begin(), last_lines_.end()};
}

// Reaps the program and every orphan that came to us, until there is no child left.
void UserProcess::Reap() {
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, 0);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return;  // ECHILD
    if (pid != pid_) continue;
    {
      const std::lock_guard lock(mutex_);
      ExitStatus exit;
      exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      exit.code = exit.signal != 0 ? 128 + exit.signal : WEXITSTATUS(status);
      status_ = exit;
    }
    if (on_exit_) on_exit_();
  }
}

void UserProcess::TakeLine(std::string line) {
  {
    const std::lock_guard lock(mutex_);
    last_lines_.push_back(line.size() > kTailBytes ? line.substr(line.size() - kTailBytes) : line);
    last_bytes_ += last_lines_.back().size();
    while (last_lines_.size() > kTailLines ||
           (last_bytes_ > kTailBytes && last_lines_.size() > 1)) {
      last_bytes_ -= last_lines_.front().size();
      last_lines_.pop_front();
    }
  }
  on_line_(std::move(line));
}

void UserProcess::Read() {
  LineSplitter splitter([this](std::string line) { TakeLine(std::move(line)); });
  std::string buffer(64 << 10, '\0');
  bool nobody_writes = false;
  steady_clock::time_point stale_at = steady_clock::now() + kStaleLine;
  while (true) {
    const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got > 0) {
      const bool was_open = splitter.holds_partial_line();
      splitter.Feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
      if (!was_open) stale_at = steady_clock::now() + kStaleLine;
    } else if (got == 0 || (errno == EAGAIN && nobody_writes)) {
      break;
    } else if (errno == EAGAIN) {
      pollfd waits[2] = {{output_.get(), POLLIN, 0}, {all_dead_.get(), POLLIN, 0}};
      const int timeout =
          splitter.holds_partial_line() ? static_cast<int>(kStaleLine.count()) / 4 : -1;
      ::poll(waits, 2, timeout);
      nobody_writes = (waits[1].revents & POLLIN) != 0;
    } else if (errno != EINTR) {
      break;
    }
    if (splitter.holds_partial_line() && steady_clock::now() >= stale_at) {
      splitter.Stale();
      stale_at = steady_clock::now() + kStaleLine;
    }
  }
  splitter.Finish();
}

}  // namespace sagebrush::agent
