// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/sandbox_check.h"

#include <cstdlib>
#include <unistd.h>

#include "base/child_process.h"
#include "base/file.h"
#include "base/strings.h"
#include "orchestrator/backends/process/instance_uids.h"

namespace sagebrush::orchestrator {

// From Ubuntu's own apparmor package (/usr/share/apparmor/extra-profiles/bwrap-userns-restrict does more; its unconfined form,
// as AppArmor 4 documents it for programs that may make user namespaces, is enough here).
const char kAppArmorProfile[] = R"(abi <abi/4.0>,
include <tunables/global>

profile bwrap /usr/bin/bwrap flags=(unconfined) {
  userns,
  include if exists <local/bwrap>
}
)";

namespace {

constexpr std::chrono::seconds kPatience{30};

bool IsOnPath(const char* program) {
  const char* path = std::getenv("PATH");
  for (const auto folder : Split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':'))
    if (::access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  return false;
}

std::optional<std::int64_t> Setting(const char* name) {
  const auto text = ReadFile(fs::path("/proc/sys") / name);
  return text.ok() ? ParseInt(Trim(*text)) : std::nullopt;
}

bool IsContainer() {
  if (fs::exists("/.dockerenv") || fs::exists("/run/.containerenv")) return true;
  const auto environment = ReadFile("/proc/1/environ");
  return environment.ok() && environment->find("container=") != std::string::npos;
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Trouble Because(const SandboxFacts& facts) {
  if (!facts.has_bwrap)
    return {.what = "bubblewrap, which makes the sandboxes that jobs run in, is not installed",
            .remedies = {"apt-get install bubblewrap"}};
  if (facts.max_user_namespaces == 0)
    return {.what =
                "this machine allows no user namespaces (user.max_user_namespaces is 0), and "
                "jobs run in such",
            .remedies = {"sysctl -w user.max_user_namespaces=15000",
                         "to keep it: echo user.max_user_namespaces=15000 > "
                         "/etc/sysctl.d/60-sagebrush.conf"}};
  if (facts.unprivileged_clone == 0)
    return {.what =
                "this machine gives user namespaces to root only "
                "(kernel.unprivileged_userns_clone is 0), and jobs never run as root",
            .remedies = {"sysctl -w kernel.unprivileged_userns_clone=1",
                         "to keep it: echo kernel.unprivileged_userns_clone=1 > "
                         "/etc/sysctl.d/60-sagebrush.conf"}};
  // A container shows its host's setting, and then the container's own wall is the likelier one.
  if (facts.apparmor_restriction.value_or(0) != 0 && !facts.in_container)
    return {.what =
                "AppArmor keeps user namespaces from programs it has no profile for "
                "(kernel.apparmor_restrict_unprivileged_userns is 1, as on Ubuntu 24.04), and "
                "bubblewrap has none",
            .remedies = {"write this to /etc/apparmor.d/bwrap and run: apparmor_parser -r "
                         "/etc/apparmor.d/bwrap\n" +
                             std::string(kAppArmorProfile),
                         "or lift it for every program: sysctl -w "
                         "kernel.apparmor_restrict_unprivileged_userns=0"}};
  if (facts.in_container) {
    const bool is_proc = Contains(facts.said, "mount proc");
    return {.what = is_proc ? "this container hides parts of /proc, so a sandbox in it can have "
                              "no /proc of its own"
                            : "this container may not make the namespaces that jobs run in",
            .remedies = {"start the container with: docker run --security-opt seccomp=unconfined "
                         "--security-opt apparmor=unconfined --security-opt "
                         "systempaths=unconfined … (podman: --security-opt seccomp=unconfined "
                         "--security-opt unmask=ALL)",
                         "or run the server on the host"}};
  }
  return {.what = "this machine refuses the namespaces that jobs run in",
          .remedies = {"see why: bwrap --unshare-all --ro-bind / / true",
                       "a security module or a seccomp filter of who started this (a service "
                       "manager, a CI runner, a container) is the usual cause: allow clone and "
                       "unshare with CLONE_NEWUSER there"}};
}

}  // namespace

std::string Trouble::Text() const {
  std::string text = what + ".";
  for (const auto& remedy : remedies) text += "\n  " + remedy;
  return text;
}

SandboxFacts LookAtSandboxes() {
  SandboxFacts facts;
  facts.has_bwrap = IsOnPath("bwrap");
  facts.max_user_namespaces = Setting("user/max_user_namespaces");
  facts.unprivileged_clone = Setting("kernel/unprivileged_userns_clone");
  facts.apparmor_restriction = Setting("kernel/apparmor_restrict_unprivileged_userns");
  facts.in_container = IsContainer();
  if (!facts.has_bwrap) return facts;
  // Instances never run as root: an ordinary user's namespaces are what matters, under a root server too.
  std::vector<std::string> words = {"sh", "-c", "exec \"$@\" 2>&1", "sh"};
  if (const auto uids = UidsForInstances())
    for (std::string word :
         {"setpriv", "--reuid", "", "--regid", "", "--clear-groups", "--no-new-privs"})
      words.push_back(word.empty() ? std::to_string(uids->first) : std::move(word));
  for (const char* word :
       {"bwrap", "--unshare-all", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
        "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc",
        "--dev", "/dev", "/usr/bin/true"})
    words.emplace_back(word);
  const auto tried = RunChild(std::move(words), "", kPatience);
  facts.works = tried.ok() && tried->exit_code == 0;
  facts.said = tried.ok() ? std::string(Trim(tried->output)) : tried.status().message();
  return facts;
}

std::optional<Trouble> Explain(const SandboxFacts& facts) {
  if (facts.works) return std::nullopt;
  Trouble trouble = Because(facts);
  if (!facts.said.empty()) trouble.what += " (it said: " + facts.said + ")";
  trouble.remedies.emplace_back(
      "or do without, knowing that jobs then reach whatever the server's machine lets them: "
      "sagebrush server --isolation=none");
  return trouble;
}

Status CheckSandbox() {
  const auto trouble = Explain(LookAtSandboxes());
  return trouble ? FailedPrecondition(trouble->Text()) : Status::Ok();
}

}  // namespace sagebrush::orchestrator
