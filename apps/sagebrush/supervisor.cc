// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "apps/sagebrush/report.h"
#include "apps/sagebrush/restart_policy.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "http/listening.h"

namespace sagebrush::apps {

namespace {

using namespace std::chrono_literals;

constexpr int kInheritedSocket = 3;  // the first of sd_listen_fds(3)
constexpr auto kLongRun = 10s;       // who ran as long fails for another reason than at its start

struct Signals {
  sigset_t handled{};
  sigset_t
      for_server{};  // the two that the server waits for stay blocked across exec, so that none is lost meanwhile
  Signals() {
    sigemptyset(&handled);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&handled, signal);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &handled, &before);
    for_server = before;
    sigaddset(&for_server, SIGINT);
    sigaddset(&for_server, SIGTERM);
  }
  // The next signal; 0 when the time is over.
  int Wait(std::optional<std::chrono::milliseconds> at_most) const {
    const auto nanoseconds = std::chrono::nanoseconds(at_most.value_or(0ms));
    const timespec time{.tv_sec = nanoseconds.count() / 1'000'000'000,
                        .tv_nsec = nanoseconds.count() % 1'000'000'000};
    for (;;) {
      const int signal =
          at_most ? ::sigtimedwait(&handled, nullptr, &time) : ::sigwaitinfo(&handled, nullptr);
      if (signal > 0) return signal;
      if (errno != EINTR) return 0;
    }
  }
};

// This process's own words but --supervise.
Result<std::vector<std::string>> ServerCommand() {
  ASSIGN_OR_RETURN(const std::string line, ReadFile("/proc/self/cmdline"));
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find('\0', at), line.size());
    if (std::string word = line.substr(at, end - at); word != "--supervise")
      words.push_back(std::move(word));
    at = end + 1;
  }
  return words;
}

// Between fork and exec of a process with one thread.
[[noreturn]] void Become(const std::string& program, std::vector<std::string> words, int socket,
                         const sigset_t& mask, pid_t supervisor) {
  // Without its supervisor a server goes too; its workloads stay, as with every SIGTERM.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != supervisor) ::_exit(1);
  if (socket >= 0) {
    if (socket == kInheritedSocket)
      ::fcntl(socket, F_SETFD, 0);
    else
      ::dup2(socket, kInheritedSocket);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
  }
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // By its path, so that an upgrade takes hold; by the file that runs already, where the path leads nowhere for the moment.
  ::execv(program.c_str(), arguments.data());
  ::execv("/proc/self/exe", arguments.data());
  std::fprintf(stderr, "sagebrush: cannot start the server: %s\n", std::strerror(errno));
  ::_exit(kRefusedToStart);
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                       sigdescr_np(WTERMSIG(status)));
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

class Supervisor {
 public:
  Supervisor(UniqueFd socket, std::vector<std::string> command, std::filesystem::path data_folder)
      : socket_(std::move(socket)),
        command_(std::move(command)),
        data_folder_(std::move(data_folder)) {}

  int Run() {
    for (;;) {
      const SteadyTime begun = Clock::System().SteadyNow();
      const int status = RunServer();
      const auto ran = Clock::System().SteadyNow() - begun;
      const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      if (stopping_with_ != 0 || code == 0) return code;
      if (code == kRefusedToStart) {
        LogError("supervisor",
                 "the server refuses to start, for the reason above; start it again "
                 "when that is mended");
        return code;
      }
      failures_ = ran < kLongRun ? failures_ + 1 : 1;
      const auto pause = RestartPause(failures_);
      LogWarning("supervisor",
                 fmt::format("the server {} after {:.1f} s; it is started again {} (restart {})",
                             HowItEnded(status), std::chrono::duration<double>(ran).count(),
                             pause == 0ms ? "at once" : fmt::format("in {} ms", pause.count()),
                             ++restarts_));
      if (!Pause(pause)) return EndWithoutServer();
    }
  }

 private:
  // From fork to its end; signals that come meanwhile are passed on.
  int RunServer() {
    const pid_t self = ::getpid();
    const pid_t server = ::fork();
    if (server == 0) Become(program_, command_, socket_.get(), signals_.for_server, self);
    if (server < 0) {
      LogError("supervisor", LastErrno("cannot start a process").ToString());
      return 1 << 8;  // as an exit code of 1
    }
    for (;;) {
      int status = 0;
      if (::waitpid(server, &status, WNOHANG) == server) return status;
      const int signal = signals_.Wait(std::nullopt);
      if (signal == SIGCHLD || signal == 0) continue;
      stopping_with_ = signal == SIGINT ? SIGINT : SIGTERM;
      ::kill(server, stopping_with_);
    }
  }

  // False when it is told to stop.
  bool Pause(std::chrono::milliseconds pause) {
    const SteadyTime end = Clock::System().SteadyNow() + pause;
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::System().SteadyNow());
      const int signal = signals_.Wait(std::max(left, 0ms));
      if (signal == 0) return true;
      if (signal == SIGCHLD) continue;
      stopping_with_ = signal == SIGINT ? SIGINT : SIGTERM;
      return false;
    }
  }

  // SIGINT ends the workloads too, also when no server is there to do it.
  int EndWithoutServer() {
    if (stopping_with_ != SIGINT) return 0;
    const pid_t self = ::getpid();
    const pid_t down = ::fork();
    if (down == 0)
      Become(program_, {"sagebrush", "down", "--data-dir", data_folder_.string()}, -1,
             signals_.for_server, self);
    int status = 0;
    while (down > 0 && ::waitpid(down, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }

  const Signals signals_;
  // Looked up once: the file may be replaced meanwhile.
  const std::string program_ = std::filesystem::read_symlink("/proc/self/exe").string();
  const UniqueFd socket_;
  const std::vector<std::string> command_;
  const std::filesystem::path data_folder_;
  int stopping_with_ = 0;
  int failures_ = 0;
  int restarts_ = 0;
};

}  // namespace

int Supervise(const std::string& address, int port, const std::filesystem::path& data_folder) {
  auto socket = http::BindTcp(address, port);
  if (!socket.ok()) {
    Report(
        socket.status().WithContext("is another server running there? Choose another "
                                    "port with --listen"));
    return kRefusedToStart;
  }
  auto command = ServerCommand();
  if (!command.ok()) {
    Report(command.status());
    return kRefusedToStart;
  }
  return Supervisor(std::move(*socket), std::move(*command), data_folder).Run();
}

}  // namespace sagebrush::apps
