// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/sandbox.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/child_process.h"
#include "base/file.h"
#include "base/process_tree.h"
#include "orchestrator/backends/process/machine_name.h"
#include "orchestrator/backends/process/mounts.h"
#include "orchestrator/backends/process/sandbox_plan.h"

namespace sagebrush::orchestrator {

namespace {

// A folder every Linux has; in the keeper's own mount namespace a tmpfs covers it, so the machine's stays as it is.
constexpr const char* kStaging = "/mnt";
constexpr std::chrono::milliseconds kKillRound{500};

// Without isolation the plan has binds only where this may mount: /opt/ml then leads to the instance's own folder.
Status BindInPlace(const SandboxPlan& plan) {
  if (plan.isolation != Isolation::kNone || plan.binds.empty()) return Status::Ok();
  RETURN_IF_ERROR(EnterMountNamespace());
  for (const auto& bind : plan.binds) RETURN_IF_ERROR(BindFolder(bind.source, bind.target));
  return Status::Ok();
}

// A shared lock on every folder that must stay. Taken before it is looked whether the folder is still there under its name:
// `gc` renames what it removes while it holds the lock alone.
Result<std::vector<UniqueFd>> Hold(const std::vector<fs::path>& folders) {
  std::vector<UniqueFd> held;
  for (const auto& folder : folders) {
    auto fd = OpenFile(folder, O_RDONLY | O_DIRECTORY);
    struct stat opened {
    }, named{};
    if (!fd.ok() || ::flock(fd->get(), LOCK_SH) != 0 || ::fstat(fd->get(), &opened) != 0 ||
        ::stat(folder.c_str(), &named) != 0 || opened.st_ino != named.st_ino)
      return Unavailable(std::string(kGone) + folder.string());
    // Its last use, for `gc`. Where the folder is somebody else's it stays as it is.
    (void)!::futimens(fd->get(), nullptr);
    held.push_back(std::move(*fd));
  }
  return held;
}

// In a folder begun anew that may be the keeper of the first beginning, whose server was killed once it had sent the plan.
Result<FileLock> TakeFolder(const fs::path& folder) {
  const fs::path lock = folder / "lock";
  auto taken = FileLock::Acquire(lock);
  if (taken.status().code() == Code::kFailedPrecondition)
    return Unavailable(kTaken + lock.string());
  return taken;
}

Result<std::vector<UniqueFd>> TakeNames(const std::vector<std::string>& names) {
  std::vector<UniqueFd> taken;
  for (const auto& name : names) {
    auto fd = TakeMachineName(name);
    if (fd.status().code() == Code::kUnavailable) return Unavailable(kTaken + name);
    if (!fd.ok()) return fd.status();
    taken.push_back(std::move(*fd));
  }
  return taken;
}

// An unprivileged bubblewrap looks its sources up as that uid, and what lies below somebody's 0700 home is then not found:
// so root binds each source to a place that everyone can walk to.
Result<std::vector<fs::path>> StageBinds(const SandboxPlan& plan) {
  std::vector<fs::path> staged;
  if (plan.isolation == Isolation::kNone) return staged;
  if (plan.drop_to_uid == 0) {
    for (const auto& bind : plan.binds) staged.push_back(bind.source);
    return staged;
  }
  RETURN_IF_ERROR(EnterMountNamespace());
  RETURN_IF_ERROR(
      MountAt("sagebrush", kStaging, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"));
  for (std::size_t i = 0; i < plan.binds.size(); ++i) {
    const fs::path target = fs::path(kStaging) / std::to_string(i);
    if (fs::is_directory(plan.binds[i].source)) {
      RETURN_IF_ERROR(MakeFolders(target));
    } else {
      RETURN_IF_ERROR(WriteFile(target, ""));
    }
    RETURN_IF_ERROR(MountAt(plan.binds[i].source, target, nullptr, MS_BIND)
                        .WithContext(plan.binds[i].source.string()));
    staged.push_back(target);
  }
  return staged;
}

Status EnterCgroups(const SandboxPlan& plan) {
  for (const auto& folder : plan.cgroups) {
    ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(folder / "cgroup.procs", O_WRONLY));
    RETURN_IF_ERROR(WriteAll(fd.get(), "0").WithContext(folder.string()));
  }
  return Status::Ok();
}

Status DropTo(unsigned uid) {
  if (uid == 0) return Status::Ok();
  if (::setgroups(0, nullptr) != 0) return LastErrno("cannot drop groups");
  if (::setresgid(uid, uid, uid) != 0)
    return LastErrno("cannot become group " + std::to_string(uid));
  if (::setresuid(uid, uid, uid) != 0)
    return LastErrno("cannot become user " + std::to_string(uid));
  return Status::Ok();
}

std::vector<char*> Pointers(std::vector<std::string>* words) {
  std::vector<char*> pointers;
  for (auto& word : *words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child: becomes bubblewrap, or the agent itself; or comes back with what failed.
Status Become(const SandboxPlan& plan, const std::vector<fs::path>& sources, int input, int output,
              int info) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  RETURN_IF_ERROR(EnterCgroups(plan));
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0)
    return LastErrno("cannot set up descriptors");
  RETURN_IF_ERROR(DropTo(plan.drop_to_uid));
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // changing the uid has cleared it
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (plan.isolation == Isolation::kNone) {
    ::setsid();
    std::vector<std::string> command = plan.command, environment = plan.environment;
    if (::chdir(plan.folder.c_str()) != 0 && ::chdir("/") != 0) return LastErrno("cannot leave /");
    ::execve(command.front().c_str(), Pointers(&command).data(), Pointers(&environment).data());
    return LastErrno("cannot start " + command.front());
  }
  // For bubblewrap alone, which closes it: whoever can write there names the process that the back end kills.
  constexpr int kInfo = 3;
  if (info != kInfo && ::dup2(info, kInfo) < 0) return LastErrno("cannot set up descriptors");
  if (info == kInfo) ::fcntl(kInfo, F_SETFD, 0);
  auto arguments = BubblewrapArguments(plan, sources, kInfo);
  arguments.insert(arguments.begin(), "bwrap");
  std::vector<std::string> environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  ::execvpe("bwrap", Pointers(&arguments).data(), Pointers(&environment).data());
  return LastErrno("cannot start bwrap (is bubblewrap installed?)");
}

struct Started {
  pid_t pid;
  UniqueFd order;  // where the work order is written
};

Result<Started> StartInside(const SandboxPlan& plan, const std::vector<fs::path>& sources) {
  int order[2], report[2];
  if (::pipe2(order, O_CLOEXEC) != 0 || ::pipe2(report, O_CLOEXEC) != 0)
    return LastErrno("cannot make a pipe");
  UniqueFd order_read(order[0]), order_write(order[1]), report_read(report[0]),
      report_write(report[1]);
  ASSIGN_OR_RETURN(const UniqueFd log,
                   OpenFile(plan.folder / "agent.log", O_WRONLY | O_CREAT | O_APPEND, 0600));
  ASSIGN_OR_RETURN(const UniqueFd info,
                   OpenFile(plan.folder / "bwrap.json", O_WRONLY | O_CREAT | O_TRUNC, 0600));
  const pid_t pid = ::fork();
  if (pid < 0) return LastErrno("cannot fork");
  if (pid == 0) {
    const Status failed = Become(plan, sources, order_read.get(), log.get(), info.get());
    (void)WriteAll(report_write.get(), failed.message());
    ::_exit(127);
  }
  report_write.Reset();
  std::string failure;
  char buffer[1024];
  for (ssize_t count; (count = ::read(report_read.get(), buffer, sizeof buffer)) > 0;)
    failure.append(buffer, static_cast<std::size_t>(count));
  if (!failure.empty()) {
    ::waitpid(pid, nullptr, 0);
    return Internal(failure);
  }
  return Started{pid, std::move(order_write)};
}

// Waits until all of the instance is gone; gives the first program's outcome. In a sandbox the kernel takes everything down
// with it. Without isolation what it started has come to us (we are its subreaper) and is killed here; SIGTERM, which the back
// end sends, ends the whole of it at once.
int WaitForAll(pid_t first, Isolation isolation) {
  if (isolation == Isolation::kSandbox) return WaitForExit(first);
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  int code = 128 + SIGKILL;
  bool ending = false;
  while (true) {
    int status = 0;
    pid_t reaped = 0;
    while ((reaped = ::waitpid(-1, &status, WNOHANG)) > 0) {
      if (reaped != first) continue;
      code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      ending = true;
    }
    if (reaped < 0 && errno == ECHILD) return code;
    if (ending) (void)KillDescendants(kKillRound);  // once more at the next round
    const timespec short_while{.tv_sec = 0, .tv_nsec = 5'000'000};
    const int signal =
        ending ? ::sigtimedwait(&awaited, nullptr, &short_while) : ::sigwaitinfo(&awaited, nullptr);
    if (signal == SIGTERM) ending = true;
  }
}

void CloseAllFrom(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) != 0)
    for (int fd = first; fd < 1024; ++fd) ::close(fd);
}

Status Answer(const Status& status) {
  const std::string line = status.ok() ? "ok\n" : status.message() + "\n";
  const Status written = WriteAll(1, line);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd : {0, 1, 2}) ::dup2(null, fd);
  if (null > 2) ::close(null);
  return written;
}

}  // namespace

int RunSandboxKeeper() {
  CloseAllFrom(3);
  // The server blocks its signals in all threads; the instance must not inherit that.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // The server waits for the first process only: the keeper is nobody's child, so no server needs to reap it.
  const pid_t keeper = ::fork();
  if (keeper != 0) return keeper > 0 ? 0 : 1;
  ::setsid();
  ::signal(SIGPIPE, SIG_IGN);
  for (const int ignored : {SIGINT, SIGHUP})
    ::signal(ignored, SIG_IGN);  // the server's terminal is not ours
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGTERM);
  sigaddset(&awaited, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &awaited, nullptr);  // for WaitForAll
  ::umask(022);

  std::optional<FileLock> lock;
  std::vector<UniqueFd> held, names;
  const auto start = [&]() -> Result<std::pair<SandboxPlan, Started>> {
    ASSIGN_OR_RETURN(const std::string text, ReadFile("/dev/stdin"));
    ASSIGN_OR_RETURN(const Json json, Json::Parse(text));
    ASSIGN_OR_RETURN(SandboxPlan plan, SandboxPlan::FromJson(json));
    ASSIGN_OR_RETURN(FileLock acquired, TakeFolder(plan.folder));
    lock = std::move(acquired);
    ASSIGN_OR_RETURN(names, TakeNames(plan.names));
    ASSIGN_OR_RETURN(held, Hold(plan.held));
    // Durable: it is what tells a new server, also after a power cut, that this instance has run and must not run again.
    RETURN_IF_ERROR(WriteFileDurably(plan.folder / "pid", std::to_string(::getpid()) + "\n", 0600));
    RETURN_IF_ERROR(
        SyncFolder(plan.folder.parent_path()));  // a folder that a power cut takes away never ran
    ASSIGN_OR_RETURN(const auto sources, StageBinds(plan));
    RETURN_IF_ERROR(BindInPlace(plan));
    if (plan.isolation == Isolation::kNone && ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
      return LastErrno("prctl(PR_SET_CHILD_SUBREAPER)");
    ASSIGN_OR_RETURN(Started started, StartInside(plan, sources));
    return std::pair(std::move(plan), std::move(started));
  };
  auto started = start();
  (void)Answer(started.status());  // a server that died meanwhile finds the instance by its folder
  if (!started.ok()) return 1;
  auto& [plan, child] = *started;
  (void)WriteAll(child.order.get(),
                 plan.work_order.Dump());  // an agent that died at once shows in its exit code
  child.order.Reset();

  const Json outcome = Json::Object({{"code", WaitForAll(child.pid, plan.isolation)}});
  return WriteFileDurably(plan.folder / "exit", outcome.Dump(), 0600).ok() ? 0 : 1;
}

}  // namespace sagebrush::orchestrator
