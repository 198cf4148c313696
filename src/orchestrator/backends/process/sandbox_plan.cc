// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/sandbox_plan.h"

#include "base/check.h"

namespace sagebrush::orchestrator {

namespace {

template <typename Strings>
Json ToArray(const Strings& strings) {
  Json array = Json::Array();
  for (const auto& text : strings) array.Append(std::string(text));
  return array;
}

template <typename String>
Result<std::vector<String>> ToStrings(const Json& json, const char* name) {
  const Json* array = json.Find(name);
  if (array == nullptr || !array->is_array())
    return InvalidArgument(std::string("a sandbox plan without ") + name);
  std::vector<String> strings;
  for (const auto& element : array->AsArray()) strings.emplace_back(element.AsString());
  return strings;
}

}  // namespace

Json SandboxPlan::ToJson() const {
  Json json = Json::Object({{"isolation", std::string(IsolationName(isolation))},
                            {"instance", instance},
                            {"folder", folder.string()},
                            {"host_name", host_name},
                            {"drop_to_uid", drop_to_uid},
                            {"cgroups", ToArray(cgroups)},
                            {"binds", Json::Array()},
                            {"held", ToArray(held)},
                            {"names", ToArray(names)},
                            {"command", ToArray(command)},
                            {"environment", ToArray(environment)},
                            {"work_order", work_order}});
  for (const auto& bind : binds)
    json["binds"].Append(Json::Object(
        {{"source", bind.source.string()}, {"target", bind.target}, {"writable", bind.writable}}));
  return json;
}

Result<SandboxPlan> SandboxPlan::FromJson(const Json& json) {
  SandboxPlan plan;
  ASSIGN_OR_RETURN(plan.isolation, ParseIsolation(json.GetString("isolation")));
  plan.instance = json.GetString("instance");
  plan.folder = json.GetString("folder");
  plan.host_name = json.GetString("host_name");
  plan.drop_to_uid = static_cast<unsigned>(json.GetInt("drop_to_uid"));
  ASSIGN_OR_RETURN(plan.cgroups, ToStrings<std::filesystem::path>(json, "cgroups"));
  ASSIGN_OR_RETURN(plan.held, ToStrings<std::filesystem::path>(json, "held"));
  ASSIGN_OR_RETURN(plan.names, ToStrings<std::string>(json, "names"));
  ASSIGN_OR_RETURN(plan.command, ToStrings<std::string>(json, "command"));
  ASSIGN_OR_RETURN(plan.environment, ToStrings<std::string>(json, "environment"));
  const Json* binds = json.Find("binds");
  const Json* work_order = json.Find("work_order");
  if (plan.instance.empty() || binds == nullptr || !binds->is_array() || work_order == nullptr)
    return InvalidArgument("not a sandbox plan");
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
