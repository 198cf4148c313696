// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/sandbox.h"

#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "base/child_process.h"
#include "base/file.h"
#include "orchestrator/backends/process/sandbox_plan.h"

namespace sagebrush::orchestrator {

namespace {

// A folder every Linux has; in the keeper's own mount namespace a tmpfs covers it, so the machine's stays as it is.
constexpr const char* kStaging = "/mnt";

Status Mount(const char* source, const fs::path& target, const char* type, unsigned long flags,
             const char* data = nullptr) {
  if (::mount(source, target.c_str(), type, flags, data) != 0)
    return LastErrno("cannot mount " + target.string());
  return Status::Ok();
}

// An unprivileged bubblewrap looks its sources up as that uid, and what lies below somebody's 0700 home is then not found:
// so root binds each source to a place that everyone can walk to.
Result<std::vector<fs::path>> StageBinds(const SandboxPlan& plan) {
  std::vector<fs::path> staged;
  if (plan.drop_to_uid == 0) {
    for (const auto& bind : plan.binds) staged.push_back(bind.source);
    return staged;
  }
  if (::unshare(CLONE_NEWNS) != 0) return LastErrno("cannot make a mount namespace");
  RETURN_IF_ERROR(Mount("none", "/", nullptr, MS_REC | MS_PRIVATE));
  RETURN_IF_ERROR(Mount("sagebrush", kStaging, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m"));
  for (std::size_t i = 0; i < plan.binds.size(); ++i) {
    const fs::path target = fs::path(kStaging) / std::to_string(i);
    if (fs::is_directory(plan.binds[i].source)) {
      RETURN_IF_ERROR(MakeFolders(target));
    } else {
      RETURN_IF_ERROR(WriteFile(target, ""));
    }
    RETURN_IF_ERROR(Mount(plan.binds[i].source.c_str(), target, nullptr, MS_BIND)
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

// In the child: becomes bubblewrap, or comes back with what failed.
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
  constexpr int kInfo = 3;
  if (info != kInfo && ::dup2(info, kInfo) < 0) return LastErrno("cannot set up descriptors");
  if (info == kInfo) ::fcntl(kInfo, F_SETFD, 0);
  auto arguments = BubblewrapArguments(plan, sources, kInfo);
  arguments.insert(arguments.begin(), "bwrap");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
  char* environment[] = {path.data(), nullptr};
  ::execvpe("bwrap", argv.data(), environment);
  return LastErrno("cannot start bwrap (is bubblewrap installed?)");
}

struct Started {
  pid_t pid;
  UniqueFd order;  // where the work order is written
};

Result<Started> StartBubblewrap(const SandboxPlan& plan, const std::vector<fs::path>& sources) {
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
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP})
    ::signal(ignored, SIG_IGN);  // the server's terminal is not ours
  ::umask(022);

  std::optional<FileLock> lock;
  const auto start = [&]() -> Result<std::pair<SandboxPlan, Started>> {
    ASSIGN_OR_RETURN(const std::string text, ReadFile("/dev/stdin"));
    ASSIGN_OR_RETURN(const Json json, Json::Parse(text));
    ASSIGN_OR_RETURN(SandboxPlan plan, SandboxPlan::FromJson(json));
    ASSIGN_OR_RETURN(FileLock held, FileLock::Acquire(plan.folder / "lock"));
    lock = std::move(held);
    // Durable: it is what tells a new server, also after a power cut, that this instance has run and must not run again.
    RETURN_IF_ERROR(WriteFileDurably(plan.folder / "pid", std::to_string(::getpid()) + "\n", 0600));
    ASSIGN_OR_RETURN(const auto sources, StageBinds(plan));
    ASSIGN_OR_RETURN(Started started, StartBubblewrap(plan, sources));
    return std::pair(std::move(plan), std::move(started));
  };
  auto started = start();
  (void)Answer(started.status());  // a server that died meanwhile finds the instance by its folder
  if (!started.ok()) return 1;
  auto& [plan, child] = *started;
  (void)WriteAll(child.order.get(),
                 plan.work_order.Dump());  // an agent that died at once shows in its exit code
  child.order.Reset();

  const Json outcome = Json::Object({{"code", WaitForExit(child.pid)}});
  return WriteFileDurably(plan.folder / "exit", outcome.Dump(), 0600).ok() ? 0 : 1;
}

}  // namespace sagebrush::orchestrator
