// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/sandbox_plan.h"

#include "base/check.h"

namespace sagebrush::orchestrator {

Json SandboxPlan::ToJson() const {
  Json json = Json::Object({{"instance", instance},
                            {"folder", folder.string()},
                            {"host_name", host_name},
                            {"drop_to_uid", drop_to_uid},
                            {"cgroups", Json::Array()},
                            {"binds", Json::Array()},
                            {"work_order", work_order}});
  for (const auto& cgroup : cgroups) json["cgroups"].Append(cgroup.string());
  for (const auto& bind : binds)
    json["binds"].Append(Json::Object(
        {{"source", bind.source.string()}, {"target", bind.target}, {"writable", bind.writable}}));
  return json;
}

Result<SandboxPlan> SandboxPlan::FromJson(const Json& json) {
  SandboxPlan plan;
  plan.instance = json.GetString("instance");
  plan.folder = json.GetString("folder");
  plan.host_name = json.GetString("host_name");
  plan.drop_to_uid = static_cast<unsigned>(json.GetInt("drop_to_uid"));
  const Json* cgroups = json.Find("cgroups");
  const Json* binds = json.Find("binds");
  const Json* work_order = json.Find("work_order");
  if (plan.instance.empty() || cgroups == nullptr || !cgroups->is_array() || binds == nullptr ||
      !binds->is_array() || work_order == nullptr)
    return InvalidArgument("not a sandbox plan");
  for (const auto& cgroup : cgroups->AsArray()) plan.cgroups.emplace_back(cgroup.AsString());
  for (const auto& bind : binds->AsArray())
    plan.binds.push_back(
        {bind.GetString("source"), bind.GetString("target"), bind.GetBool("writable")});
  plan.work_order = *work_order;
  return plan;
}

std::vector<std::string> BubblewrapArguments(const SandboxPlan& plan,
                                             const std::vector<std::filesystem::path>& sources,
                                             int info_fd) {
  SAGEBRUSH_CHECK(sources.size() == plan.binds.size(), "one staged source a bind");
  std::vector<std::string> arguments = {
      "--unshare-all", "--die-with-parent", "--new-session", "--hostname", plan.host_name, "--uid",
      "1000", "--gid", "1000", "--cap-drop", "ALL", "--clearenv", "--setenv", "PATH",
      "/usr/local/bin:/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8", "--ro-bind", "/usr", "/usr",
      "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib",
      "/lib", "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/lib32", "/lib32",
      "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/alternatives",
      "/etc/alternatives", "--ro-bind-try", "/etc/ssl/certs", "/etc/ssl/certs", "--ro-bind-try",
      "/etc/localtime", "/etc/localtime",
      // A second wall before the machine's settings: under a root server /proc/sys was writable once
      // (docs/decisions/0004-process-back-end.md).
      "--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev", "--tmpfs", "/tmp",
      "--dir", "/run", "--dir", "/var/tmp", "--dir", "/home/sagemaker"};
  for (std::size_t i = 0; i < plan.binds.size(); ++i) {
    arguments.push_back(plan.binds[i].writable ? "--bind" : "--ro-bind");
    arguments.push_back(sources[i].string());
    arguments.push_back(plan.binds[i].target);
  }
  for (std::string word : {"--chdir", "/opt/ml", "--info-fd"}) arguments.push_back(std::move(word));
  arguments.push_back(std::to_string(info_fd));
  for (std::string word : {"--", "/opt/sagebrush/agent", "run", "--instance"})
    arguments.push_back(std::move(word));
  arguments.push_back(plan.instance);
  return arguments;
}

}  // namespace sagebrush::orchestrator
