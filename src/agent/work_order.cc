// SPDX-License-Identifier: Apache-2.0
#include "agent/work_order.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/s3_uri.h"

namespace sagebrush::agent {
namespace {

Status Wrong(std::string_view member, std::string_view why) {
  return InvalidArgument(fmt::format("work order: '{}' {}", member, why));
}

Result<std::string> Text(const Json& object, std::string_view member, bool required) {
  const Json* value = object.Find(member);
  if (value == nullptr || value->is_null()) {
    if (required) return Wrong(member, "is missing");
    return std::string();
  }
  if (!value->is_string()) return Wrong(member, "is no string");
  // What ends up in argv, the environment or a path must not be cut short by C.
  if (value->AsString().find('\0') != std::string::npos) return Wrong(member, "holds a NUL byte");
  if (required && value->AsString().empty()) return Wrong(member, "is empty");
  return value->AsString();
}

Result<std::vector<std::string>> Texts(const Json& object, std::string_view member) {
  std::vector<std::string> texts;
  const Json* value = object.Find(member);
  if (value == nullptr || value->is_null()) return texts;
  if (!value->is_array()) return Wrong(member, "is no list");
  for (const Json& item : value->AsArray()) {
    if (!item.is_string() || item.AsString().find('\0') != std::string::npos) {
      return Wrong(member, "holds something that is no plain string");
    }
    texts.push_back(item.AsString());
  }
  return texts;
}

Result<WorkOrder::Pairs> TextPairs(const Json& object, std::string_view member) {
  WorkOrder::Pairs pairs;
  const Json* value = object.Find(member);
  if (value == nullptr || value->is_null()) return pairs;
  if (!value->is_object()) return Wrong(member, "is no object");
  for (const auto& [name, item] : value->AsObject()) {
    if (!item.is_string() || item.AsString().find('\0') != std::string::npos ||
        name.find('\0') != std::string::npos) {
      return Wrong(member, fmt::format("has a value for '{}' that is no plain string", name));
    }
    pairs.emplace_back(name, item.AsString());
  }
  return pairs;
}

Result<WorkOrder::Pairs> Variables(const Json& object, std::string_view member) {
  ASSIGN_OR_RETURN(WorkOrder::Pairs pairs, TextPairs(object, member));
  for (const auto& [name, value] : pairs) {
    if (name.empty() || name.find('=') != std::string::npos)
      return Wrong(member, "has a name that is none");
  }
  return pairs;
}

Result<std::int64_t> Count(const Json& object, std::string_view member, std::int64_t fallback,
                           std::int64_t most) {
  const Json* value = object.Find(member);
  if (value == nullptr || value->is_null()) return fallback;
  if (!value->is_int()) return Wrong(member, "is no whole number");
  if (value->AsInt() < 0 || value->AsInt() > most) return Wrong(member, "is out of range");
  return value->AsInt();
}

Status CheckUri(std::string_view member, const std::string& uri) {
  if (uri.empty()) return Status::Ok();
  if (!aws::ParseS3Uri(uri).ok()) return Wrong(member, "is no s3://bucket/key");
  return Status::Ok();
}

// A channel's name becomes a folder and part of a variable's name.
bool IsChannelName(std::string_view name) {
  if (name.empty() || name.size() > 64 || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

bool IsOneOf(std::string_view value, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

Result<Channel> ParseChannel(const Json& item) {
  if (!item.is_object()) return Wrong("channels", "holds something that is no object");
  Channel channel;
  ASSIGN_OR_RETURN(channel.name, Text(item, "name", true));
  if (!IsChannelName(channel.name))
    return Wrong("channels", fmt::format("has a bad name '{}'", channel.name));
  ASSIGN_OR_RETURN(channel.s3_uri, Text(item, "s3_uri", true));
  RETURN_IF_ERROR(CheckUri("s3_uri", channel.s3_uri));
  channel.data_type = item.GetString("data_type", "S3Prefix");
  if (!IsOneOf(channel.data_type, {"S3Prefix", "ManifestFile", "AugmentedManifestFile"})) {
    return Wrong("data_type", fmt::format("is '{}'", channel.data_type));
  }
  channel.distribution = item.GetString("distribution", "FullyReplicated");
  if (!IsOneOf(channel.distribution, {"FullyReplicated", "ShardedByS3Key"})) {
    return Wrong("distribution", fmt::format("is '{}'", channel.distribution));
  }
  channel.content_type = item.GetString("content_type");
  channel.compression = item.GetString("compression", "None");
  channel.record_wrapper = item.GetString("record_wrapper", "None");
  channel.input_mode = item.GetString("input_mode", "File");
  if (channel.input_mode.empty()) channel.input_mode = "File";
  if (!IsOneOf(channel.input_mode, {"File", "FastFile", "Pipe"})) {
    return Wrong("input_mode", fmt::format("is '{}'", channel.input_mode));
  }
  return channel;
}

Status ParseParts(const Json& json, WorkOrder* order) {
  if (const Json* channels = json.Find("channels"); channels != nullptr && !channels->is_null()) {
    if (!channels->is_array()) return Wrong("channels", "is no list");
    for (const Json& item : channels->AsArray()) {
      ASSIGN_OR_RETURN(Channel channel, ParseChannel(item));
      const bool doubled =
          std::any_of(order->channels.begin(), order->channels.end(),
                      [&](const Channel& other) { return other.name == channel.name; });
      if (doubled) return Wrong("channels", fmt::format("names '{}' twice", channel.name));
      order->channels.push_back(std::move(channel));
    }
  }
  const Json nothing = Json::Object();
  const auto part = [&](std::string_view name) {
    const Json* found = json.Find(name);
    return found != nullptr && found->is_object() ? found : &nothing;
  };
  ASSIGN_OR_RETURN(order->code_uri, Text(*part("code"), "s3_uri", false));
  ASSIGN_OR_RETURN(order->model_uri, Text(*part("outputs"), "model", false));
  ASSIGN_OR_RETURN(order->output_uri, Text(*part("outputs"), "data", false));
  ASSIGN_OR_RETURN(order->checkpoint_uri, Text(*part("checkpoints"), "s3_uri", false));
  ASSIGN_OR_RETURN(order->checkpoint_path, Text(*part("checkpoints"), "local_path", false));
  ASSIGN_OR_RETURN(order->model_data, Text(json, "model_data", false));
  RETURN_IF_ERROR(CheckUri("code.s3_uri", order->code_uri));
  RETURN_IF_ERROR(CheckUri("outputs.model", order->model_uri));
  RETURN_IF_ERROR(CheckUri("outputs.data", order->output_uri));
  RETURN_IF_ERROR(CheckUri("checkpoints.s3_uri", order->checkpoint_uri));
  RETURN_IF_ERROR(CheckUri("model_data", order->model_data));
  if (!order->checkpoint_uri.empty() && order->checkpoint_path.empty())
    order->checkpoint_path = "/opt/ml/checkpoints";
  return Status::Ok();
}

}  // namespace

std::size_t WorkOrder::host_index() const {
  const auto found = std::find(hosts.begin(), hosts.end(), current_host);
  return static_cast<std::size_t>(found - hosts.begin());
}

std::string WorkOrder::EnvironmentValue(std::string_view name) const {
  for (const auto& [key, value] : environment) {
    if (key == name) return value;
  }
  return "";
}

Result<WorkOrder> ParseWorkOrder(std::string_view text) {
  const Result<Json> parsed = Json::Parse(text);
  if (!parsed.ok()) return parsed.status().WithContext("work order");
  const Json& json = *parsed;
  if (!json.is_object()) return InvalidArgument("work order: not a JSON object");
  if (json.GetInt("version") != 1)
    return Wrong("version", "is not 1: this agent is of another release than the server");

  WorkOrder order;
  const std::string kind = json.GetString("kind");
  if (kind == "training") {
    order.kind = WorkOrder::Kind::kTraining;
  } else if (kind == "hosting") {
    order.kind = WorkOrder::Kind::kHosting;
  } else {
    return Wrong("kind", "is neither training nor hosting");
  }
  ASSIGN_OR_RETURN(order.instance, Text(json, "instance", true));
  ASSIGN_OR_RETURN(order.token, Text(json, "token", true));
  ASSIGN_OR_RETURN(order.job_name, Text(json, "job_name", true));
  ASSIGN_OR_RETURN(order.job_arn, Text(json, "job_arn", false));
  ASSIGN_OR_RETURN(order.account, Text(json, "account", false));
  ASSIGN_OR_RETURN(order.region, Text(json, "region", true));
  ASSIGN_OR_RETURN(order.hosts, Texts(json, "hosts"));
  ASSIGN_OR_RETURN(order.current_host, Text(json, "current_host", true));
  if (order.hosts.empty()) order.hosts = {order.current_host};
  if (order.host_index() == order.hosts.size())
    return Wrong("current_host", "is not among 'hosts'");
  ASSIGN_OR_RETURN(order.instance_type, Text(json, "instance_type", false));
  ASSIGN_OR_RETURN(order.hyperparameters, TextPairs(json, "hyperparameters"));
  ASSIGN_OR_RETURN(order.command, Texts(json, "command"));
  if (order.command.empty() || order.command.front().empty()) return Wrong("command", "is empty");
  ASSIGN_OR_RETURN(order.install_command, Texts(json, "install_command"));
  ASSIGN_OR_RETURN(order.runtime, Text(json, "runtime", false));
  ASSIGN_OR_RETURN(order.working_directory, Text(json, "working_directory", false));
  ASSIGN_OR_RETURN(order.machine_environment, Variables(json, "machine_environment"));
  ASSIGN_OR_RETURN(order.environment, Variables(json, "environment"));
  ASSIGN_OR_RETURN(order.first_log_lines, Texts(json, "first_log_lines"));
  RETURN_IF_ERROR(ParseParts(json, &order));

  constexpr std::int64_t kTenYears = 10LL * 366 * 86400;
  ASSIGN_OR_RETURN(const std::int64_t max_runtime,
                   Count(json, "max_runtime_seconds", 0, kTenYears));
  ASSIGN_OR_RETURN(const std::int64_t grace, Count(json, "stop_grace_seconds", 120, kTenYears));
  ASSIGN_OR_RETURN(const std::int64_t startup,
                   Count(json, "startup_timeout_seconds", 600, kTenYears));
  ASSIGN_OR_RETURN(const std::int64_t memory, Count(json, "memory_limit_bytes", 0, INT64_MAX));
  ASSIGN_OR_RETURN(const std::int64_t port, Count(json, "api_port", 0, 65535));
  order.max_runtime = std::chrono::seconds(max_runtime);
  order.stop_grace = std::chrono::seconds(grace);
  order.startup_timeout = std::chrono::seconds(startup);
  order.memory_limit_bytes = static_cast<std::uint64_t>(memory);
  order.api_port = static_cast<int>(port);
  order.network = json.GetBool("network", true);
  if (order.network && order.api_port == 0)
    return Wrong("api_port", "is missing, and 'network' is true");
  return order;
}

}  // namespace sagebrush::agent
