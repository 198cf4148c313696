// SPDX-License-Identifier: Apache-2.0
#include "agent/user_environment.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "aws/container_authorization.h"

namespace sagebrush::agent {

std::vector<std::string> UserEnvironment(const WorkOrder& order, const Paths& paths,
                                         const std::string& command_file) {
  WorkOrder::Pairs variables;
  const auto set = [&](std::string_view name, std::string value) {
    const auto found = std::find_if(variables.begin(), variables.end(),
                                    [&](const auto& pair) { return pair.first == name; });
    if (found == variables.end()) {
      variables.emplace_back(name, std::move(value));
    } else {
      found->second = std::move(value);
    }
  };

  // A user's own entry point (SDK 3 sends bash) says python3 and pip3 and means the image's.
  set("PATH", fmt::format("{}:{}:{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                          paths.runtime_programs.string(), (paths.packages() / "bin").string(),
                          paths.kit_programs.string()));
  set("HOME",
      !paths.on_the_machine() && ::access("/root", W_OK) == 0 ? "/root" : paths.tmp.string());
  set("LANG", "C.UTF-8");
  set("LC_ALL", "C.UTF-8");
  set("PYTHONIOENCODING", "UTF-8");
  set("PYTHONUNBUFFERED", "1");  // a printed line is a log line at once
  set("PYTHONDONTWRITEBYTECODE", "1");
  // The runtime is read-only: pip, started by us or by the program, installs here. Not below HOME, which may be memory; and a
  // cache of downloads would die with the instance.
  set("PYTHONUSERBASE", paths.packages().string());
  set("PIP_NO_CACHE_DIR", "1");
  set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
  set("HOSTNAME", order.current_host);
  set("CURRENT_HOST", order.current_host);
  if (order.kind == WorkOrder::Kind::kTraining) {
    set("TRAINING_JOB_NAME", order.job_name);
    set("TRAINING_JOB_ARN", order.job_arn);
    if (!command_file.empty()) set("SAGEBRUSH_COMMAND_FILE", command_file);
  } else {
    set("SAGEMAKER_BIND_TO_PORT", std::to_string(paths.serving_port));
  }
  if (paths.on_the_machine()) {
    set("SAGEMAKER_BASE_DIR", paths.ml.string());
    set("TMPDIR", paths.tmp.string());
    set("SAGEBRUSH_INSTANCE", order.instance);  // what is left of it is found by this
  }

  set("AWS_REGION", order.region);
  set("AWS_DEFAULT_REGION", order.region);
  if (order.network) {
    const std::string server = fmt::format("http://127.0.0.1:{}", order.api_port);
    set("AWS_ENDPOINT_URL", server);
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server + "/_sagebrush/credentials");
    if (paths.on_the_machine())  // where other users reach that port too
      set("AWS_CONTAINER_AUTHORIZATION_TOKEN",
          aws::ContainerAuthorization(HexEncode(Sha256(order.token))));
    // TensorFlow's own S3 file system (s3:// in tf.io.gfile, checkpoints, summaries) knows no AWS_ENDPOINT_URL. By itself it
    // logs a line or more for each request: what fails is an exception's text all the same, so it keeps to what is fatal (3).
    const bool has_own_s3 = std::ranges::any_of(
        order.environment, [](const auto& variable) { return variable.first == "S3_ENDPOINT"; });
    if (!has_own_s3) {
      set("S3_ENDPOINT", fmt::format("127.0.0.1:{}", order.api_port));
      set("S3_USE_HTTPS", "0");
      // Scripts made for AWS turn it on: the agent's port speaks TLS too, by an authority that TensorFlow's curl does not know.
      set("S3_VERIFY_SSL", "0");
    }
    set("AWS_LOG_LEVEL", "3");
    set("HTTPS_PROXY", server);
    set("https_proxy", server);
    set("HTTP_PROXY", server);
    set("http_proxy", server);
    set("NO_PROXY", "localhost,127.0.0.1");
    set("no_proxy", "localhost,127.0.0.1");
    if (std::filesystem::exists(paths.ca_bundle)) {
      for (const char* name : {"AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
                               "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"}) {
        set(name, paths.ca_bundle.string());
      }
    }
  }
  for (const auto& [name, value] : order.machine_environment) set(name, value);
  for (const auto& [name, value] : order.environment)
    set(name, value);  // what the user asked for wins

  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) texts.push_back(name + "=" + value);
  return texts;
}

}  // namespace sagebrush::agent
