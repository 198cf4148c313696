// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/plan.h"

namespace sagebrush::orchestrator {

namespace {

Json ToList(const std::vector<std::string>& texts) {
  Json list = Json::Array();
  for (const auto& text : texts) list.Append(text);
  return list;
}

std::vector<std::string> ListFrom(const Json* json) {
  std::vector<std::string> texts;
  if (json != nullptr && json->is_array())
    for (const auto& item : json->AsArray())
      if (item.is_string()) texts.push_back(item.AsString());
  return texts;
}

Json ToMembers(const std::map<std::string, std::string>& texts) {
  Json members = Json::Object();
  for (const auto& [name, text] : texts) members[name] = text;
  return members;
}

std::map<std::string, std::string> MembersFrom(const Json* json) {
  std::map<std::string, std::string> texts;
  if (json != nullptr && json->is_object())
    for (const auto& [name, value] : json->AsObject())
      if (value.is_string()) texts.emplace(name, value.AsString());
  return texts;
}

Json ToJson(const WorkloadPlan& plan) {
  return Json::Object({{"runtime", plan.runtime},
                       {"image", plan.image},
                       {"instance_type", plan.instance_type},
                       {"role_arn", plan.role_arn},
                       {"principal", plan.principal},
                       {"job_name", plan.job_name},
                       {"job_arn", plan.job_arn},
                       {"account", plan.account},
                       {"region", plan.region},
                       {"hosts", ToList(plan.hosts)},
                       {"current_host", plan.current_host},
                       {"environment", ToMembers(plan.environment)},
                       {"network", plan.network},
                       {"log_group", plan.log_group},
                       {"first_log_lines", ToList(plan.first_log_lines)}});
}

WorkloadPlan WorkloadFrom(const Json& json) {
  return {.runtime = json.GetString("runtime"),
          .image = json.GetString("image"),
          .instance_type = json.GetString("instance_type"),
          .role_arn = json.GetString("role_arn"),
          .principal = json.GetString("principal"),
          .job_name = json.GetString("job_name"),
          .job_arn = json.GetString("job_arn"),
          .account = json.GetString("account"),
          .region = json.GetString("region"),
          .hosts = ListFrom(json.Find("hosts")),
          .current_host = json.GetString("current_host"),
          .environment = MembersFrom(json.Find("environment")),
          .network = json.GetBool("network", true),
          .log_group = json.GetString("log_group"),
          .first_log_lines = ListFrom(json.Find("first_log_lines"))};
}

Json ToJson(const ChannelPlan& channel) {
  return Json::Object({{"name", channel.name},
                       {"data_type", channel.data_type},
                       {"s3_uri", channel.s3_uri},
                       {"distribution", channel.distribution},
                       {"content_type", channel.content_type},
                       {"compression", channel.compression},
                       {"record_wrapper", channel.record_wrapper},
                       {"input_mode", channel.input_mode},
                       {"attribute_names", ToList(channel.attribute_names)}});
}

ChannelPlan ChannelFrom(const Json& json) {
  return {.name = json.GetString("name"),
          .data_type = json.GetString("data_type"),
          .s3_uri = json.GetString("s3_uri"),
          .distribution = json.GetString("distribution"),
          .content_type = json.GetString("content_type"),
          .compression = json.GetString("compression"),
          .record_wrapper = json.GetString("record_wrapper"),
          .input_mode = json.GetString("input_mode"),
          .attribute_names = ListFrom(json.Find("attribute_names"))};
}

}  // namespace

Json TrainingPlan::ToJson() const {
  Json json = orchestrator::ToJson(workload);
  json["hyperparameters"] = ToMembers(hyperparameters);
  json["channels"] = Json::Array();
  for (const auto& channel : channels) json["channels"].Append(orchestrator::ToJson(channel));
  if (!code_s3_uri.empty()) json["code"] = Json::Object({{"s3_uri", code_s3_uri}});
  if (!command.empty()) json["command"] = ToList(command);
  if (!arguments.empty()) json["arguments"] = ToList(arguments);
  json["outputs"] = Json::Object({{"model", model_s3_uri}, {"data", output_s3_uri}});
  if (checkpoints)
    json["checkpoints"] =
        Json::Object({{"s3_uri", checkpoints->s3_uri}, {"local_path", checkpoints->local_path}});
  json["max_runtime_seconds"] = max_runtime_seconds;
  json["stop_grace_seconds"] = stop_grace_seconds;
  json["log_stream"] = log_stream;
  return json;
}

TrainingPlan TrainingPlan::FromJson(const Json& json) {
  TrainingPlan plan;
  plan.workload = WorkloadFrom(json);
  plan.hyperparameters = MembersFrom(json.Find("hyperparameters"));
  if (const Json* channels = json.Find("channels"); channels != nullptr && channels->is_array())
    for (const auto& channel : channels->AsArray()) plan.channels.push_back(ChannelFrom(channel));
  if (const Json* code = json.Find("code")) plan.code_s3_uri = code->GetString("s3_uri");
  plan.command = ListFrom(json.Find("command"));
  plan.arguments = ListFrom(json.Find("arguments"));
  if (const Json* outputs = json.Find("outputs")) {
    plan.model_s3_uri = outputs->GetString("model");
    plan.output_s3_uri = outputs->GetString("data");
  }
  if (const Json* checkpoints = json.Find("checkpoints"))
    plan.checkpoints = {.s3_uri = checkpoints->GetString("s3_uri"),
                        .local_path = checkpoints->GetString("local_path")};
  plan.max_runtime_seconds =
      static_cast<int>(json.GetInt("max_runtime_seconds", plan.max_runtime_seconds));
  plan.stop_grace_seconds =
      static_cast<int>(json.GetInt("stop_grace_seconds", plan.stop_grace_seconds));
  plan.log_stream = json.GetString("log_stream");
  return plan;
}

Json HostingPlan::ToJson() const {
  Json json = orchestrator::ToJson(workload);
  json["model_data"] = model_data;
  return json;
}

HostingPlan HostingPlan::FromJson(const Json& json) {
  return {.workload = WorkloadFrom(json), .model_data = json.GetString("model_data")};
}

}  // namespace sagebrush::orchestrator
