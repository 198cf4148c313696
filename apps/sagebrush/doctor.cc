// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/doctor.h"

#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include "apps/sagebrush/doctor_disk.h"
#include "base/child_process.h"
#include "base/file.h"
#include "http/authority.h"
#include "http/listening.h"
#include "orchestrator/admission.h"
#include "orchestrator/backends/process/cgroup.h"
#include "orchestrator/backends/process/instance_uids.h"
#include "orchestrator/backends/process/sandbox_check.h"

namespace sagebrush::apps {

namespace {

using Level = Finding::Level;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kLeastMemory = 2048 * kMiB;
constexpr std::uint64_t kComfortableMemory =
    6144 * kMiB;  // below it an ml.m5.large gets less than 1.5 GiB
constexpr rlim_t kLeastFiles = 1024;
constexpr rlim_t kComfortableFiles = 8192;
constexpr std::chrono::seconds kPatience{20};
constexpr TimePoint kReleased = TimePoint(std::chrono::sys_days{std::chrono::January / 1 / 2025});

// Also where it lies below a folder that this user may not walk into: std::filesystem throws there.
bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::string InMebibytes(std::uint64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

Finding Sandboxes(const ServerOptions& options) {
  const auto trouble = orchestrator::Explain(orchestrator::LookAtSandboxes());
  if (options.isolation == orchestrator::Isolation::kNone)
    return {.name = "sandboxes",
            .level = Level::kWarning,
            .what = std::string("--isolation=none: jobs run directly on this machine") +
                    (trouble ? "" : ", though it could keep them apart"),
            .remedies = trouble ? std::vector<std::string>{}
                                : std::vector<std::string>{"leave --isolation=none away"}};
  if (trouble)
    return {.name = "sandboxes",
            .level = Level::kProblem,
            .what = trouble->what,
            .remedies = trouble->remedies};
  return {.name = "sandboxes", .what = "every instance gets a sandbox of its own"};
}

Finding Cgroups() {
  const auto tree = orchestrator::CgroupTree::Probe(
      "/sys/fs/cgroup", "sagebrush-doctor-" + std::to_string(::getpid()));
  const bool limits = tree.limits_memory();
  tree.RemoveParents();
  if (limits) return {.name = "cgroups", .what = "the kernel enforces instances' memory"};
  return {
      .name = "cgroups",
      .level = Level::kWarning,
      .what =
          "no memory cgroup can be written: each instance's agent watches its memory "
          "instead, and processors and processes are not limited",
      .remedies = {::geteuid() == 0 ? "in a container: docker run --cgroupns=private -v "
                                      "/sys/fs/cgroup:/sys/fs/cgroup:rw …"
                                    : "run the server as root, if you want the kernel to do it"}};
}

Finding Memory() {
  const std::uint64_t bytes = orchestrator::ThisMachine().memory_bytes;
  Finding finding{.name = "memory",
                  .what = InMebibytes(bytes) + ", of which one instance gets at most " +
                          InMebibytes(bytes / 4)};
  if (bytes >= kComfortableMemory) return finding;
  finding.level = bytes < kLeastMemory ? Level::kProblem : Level::kWarning;
  finding.what += ": too little for TensorFlow";
  finding.remedies = {"give the machine or the container 8 GB (docker run --memory 8g)"};
  return finding;
}

Finding Processor() {
  const auto cpus = ReadFile("/proc/cpuinfo");
  if (cpus.ok() && cpus->find(" avx ") != std::string::npos)
    return {.name = "processor",
            .what = std::to_string(orchestrator::ThisMachine().cores) + " cores with AVX"};
  return {.name = "processor",
          .level = Level::kProblem,
          .what = "no x86-64 processor with AVX, and TensorFlow's packages need one",
          .remedies = {"in a virtual machine give it the host's processor (QEMU: -cpu host)"}};
}

Finding OpenFiles() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  Finding finding{.name = "open files",
                  .what = "at most " + std::to_string(limit.rlim_cur) + " at a time"};
  if (limit.rlim_cur >= kComfortableFiles) return finding;
  finding.level = limit.rlim_cur < kLeastFiles ? Level::kProblem : Level::kWarning;
  finding.what += ": every connection and every instance needs some";
  finding.remedies = {limit.rlim_max >= kComfortableFiles
                          ? "ulimit -n " + std::to_string(kComfortableFiles)
                          : "raise the hard limit: docker run --ulimit nofile=65536:65536, "
                            "LimitNOFILE=65536 in a systemd unit, or /etc/security/limits.conf"};
  return finding;
}

Finding TimeOfDay(const Clock& clock) {
  const TimePoint now = clock.Now();
  if (now < kReleased)
    return {.name = "clock",
            .level = Level::kProblem,
            .what = "it says " + FormatIso8601(now) +
                    ": signatures and certificates of that time are refused",
            .remedies = {"set it: timedatectl set-ntp true (or: date -s …)"}};
  timex state{};
  const int result = ::adjtimex(&state);
  if (result == TIME_ERROR)
    return {.name = "clock",
            .level = Level::kWarning,
            .what =
                "nothing keeps it right (the kernel says it is not synchronised); clients whose "
                "clock differs by more than 15 minutes are refused, as on AWS",
            .remedies = {"timedatectl set-ntp true, where other machines' clients call; on one "
                         "machine it does not matter"}};
  return {.name = "clock", .what = "synchronised"};
}

Finding Programs(const ServerOptions& options) {
  for (const char* name : {"sagebrush-agent", "sagebrush-model-server"})
    if (::access((options.programs_folder / name).c_str(), X_OK) != 0)
      return {.name = "programs",
              .level = Level::kProblem,
              .what = std::string(name) + " is not in " + options.programs_folder.string(),
              .remedies = {"make build, or say where they are: --programs-dir"}};
  return {.name = "programs", .what = "all in " + options.programs_folder.string()};
}

// What runtimes are made with on first use (runtimes/common.sh, runtimes/interpreter.sh).
Finding RuntimeTools() {
  const std::pair<const char*, const char*> needed[] = {
      {"mvn", "maven"}, {"unzip", "unzip"}, {"flock", "util-linux"}, {"python3", "python3"}};
  std::string missing, packages;
  for (const auto& [program, package] : needed) {
    const auto found = RunChild({"sh", "-c", std::string("command -v ") + program}, "", kPatience);
    if (found.ok() && found->exit_code == 0) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(program);
    packages += " " + std::string(package);
  }
  if (missing.empty()) return {.name = "runtimes", .what = "what makes them is there"};
  return {.name = "runtimes",
          .level = Level::kWarning,
          .what = "runtimes that are not made yet cannot be: missing " + missing,
          .remedies = {"apt-get install" + packages}};
}

Finding Certificates(const ServerOptions& options) {
  if (!Exists("/etc/ssl/certs/ca-certificates.crt"))
    return {.name = "certificates",
            .level = Level::kWarning,
            .what = "this machine has no list of authorities: jobs cannot reach HTTPS sites",
            .remedies = {"apt-get install ca-certificates"}};
  const fs::path own = options.data_folder / "ca" / "ca.pem";
  if (!Exists(options.data_folder / "records.db"))
    return {.name = "certificates", .what = "our own authority is made at the first start"};
  if (Exists(own)) return {.name = "certificates", .what = "our own authority is " + own.string()};
  return {.name = "certificates",
          .level = Level::kWarning,
          .what = own.string() + " is gone: the next start makes another authority",
          .remedies = {"after that, take `sagebrush env` again in every shell"}};
}

// The first folder on the way to `path` that others than its owner cannot enter; nothing where all can.
std::optional<fs::path> ClosedFolder(const fs::path& path) {
  std::error_code error;
  fs::path folder;
  for (const fs::path& part : fs::weakly_canonical(path, error)) {
    folder /= part;
    const auto status = fs::status(folder, error);
    if (fs::is_directory(status) &&
        (status.permissions() & fs::perms::others_exec) == fs::perms::none)
      return folder;
  }
  return std::nullopt;
}

}  // namespace

Finding ExaminePort(const ServerOptions& options) {
  const std::string text = http::Authority{options.address, options.port}.ToString();
  const auto socket = http::BindTcp(options.address, options.port);
  if (socket.ok()) return {.name = "port", .what = text + " is free"};
  const auto ours = ReadFile(options.data_folder / "server.json");
  if (ours.ok() && ours->find(":" + std::to_string(options.port) + "\"") != std::string::npos &&
      FileLock::IsHeld(options.data_folder / "lock"))
    return {.name = "port", .what = "this data folder's server listens on " + text};
  return {.name = "port",
          .level = Level::kProblem,
          .what = socket.status().message(),
          .remedies = {"if another program has it, see which: ss -ltnp 'sport = :" +
                           std::to_string(options.port) + "'",
                       "or choose another: sagebrush server --listen 127.0.0.1:7071"}};
}

std::optional<Finding> ExamineUsers(const ServerOptions& options, bool has_uids) {
  if (options.isolation != orchestrator::Isolation::kNone || !has_uids) return std::nullopt;
  for (const auto& path : {options.programs_folder, options.kit_folder, options.cache_folder})
    if (const auto closed = ClosedFolder(path); !path.empty() && closed)
      return Finding{
          .name = "users",
          .level = Level::kWarning,
          .what = "every instance runs as root: only root may enter " + closed->string() +
                  ", and what instances run lies below it (" + path.string() + ")",
          .remedies = {"give the cache another place: SAGEBRUSH_CACHE=/var/cache/sagebrush",
                       "and the checkout one outside " + closed->string() + ", such as /opt"}};
  return Finding{.name = "users", .what = "every instance runs as a user of its own"};
}

std::vector<Finding> Examine(const ServerOptions& options, const Clock& clock) {
  std::vector<Finding> findings = {Sandboxes(options), Cgroups(),   Memory(),
                                   Processor(),        OpenFiles(), TimeOfDay(clock)};
  if (auto users = ExamineUsers(options, orchestrator::UidsForInstances().has_value()))
    findings.push_back(*std::move(users));
  for (auto& finding : ExamineDisk(options)) findings.push_back(std::move(finding));
  for (auto& finding :
       {ExaminePort(options), Programs(options), RuntimeTools(), Certificates(options)})
    findings.push_back(finding);
  return findings;
}

}  // namespace sagebrush::apps
