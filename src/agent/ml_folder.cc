// SPDX-License-Identifier: Apache-2.0
#include "agent/ml_folder.h"

#include "base/file.h"

namespace sagebrush::agent {
namespace {

// AWS says eth0. A sandbox with loopback alone must not send gloo or NCCL to an interface that is not there.
std::string_view NetworkInterface() {
  return std::filesystem::exists("/sys/class/net/eth0") ? "eth0" : "lo";
}

}  // namespace

Json HyperparametersJson(const WorkOrder& order) {
  Json json = Json::Object();
  for (const auto& [name, value] : order.hyperparameters) json[name] = value;
  return json;
}

Json InputDataConfigJson(const WorkOrder& order) {
  Json json = Json::Object();
  for (const Channel& channel : order.channels) {
    Json entry = Json::Object({{"TrainingInputMode", channel.input_mode},
                               {"S3DistributionType", channel.distribution},
                               {"RecordWrapperType", channel.record_wrapper}});
    if (!channel.content_type.empty()) entry["ContentType"] = channel.content_type;
    if (channel.compression != "None" && !channel.compression.empty())
      entry["CompressionType"] = channel.compression;
    json[channel.name] = std::move(entry);
  }
  return json;
}

Json ResourceConfigJson(const WorkOrder& order, std::string_view network_interface) {
  Json hosts = Json::Array();
  for (const std::string& host : order.hosts) hosts.Append(host);
  const Json group = Json::Object({{"instance_group_name", "homogeneousCluster"},
                                   {"instance_type", order.instance_type},
                                   {"hosts", hosts}});
  return Json::Object({{"current_host", order.current_host},
                       {"current_instance_type", order.instance_type},
                       {"current_group_name", "homogeneousCluster"},
                       {"hosts", hosts},
                       {"instance_groups", Json::Array({group})},
                       {"network_interface_name", network_interface}});
}

Status MakeMlFolder(const WorkOrder& order, const Paths& paths) {
  RETURN_IF_ERROR(MakeFolders(paths.config()));
  RETURN_IF_ERROR(MakeFolders(paths.code()));
  RETURN_IF_ERROR(MakeFolders(paths.model()));
  if (order.kind == WorkOrder::Kind::kHosting) return Status::Ok();
  RETURN_IF_ERROR(MakeFolders(paths.ml / "input" / "data"));
  RETURN_IF_ERROR(MakeFolders(paths.output_data()));
  RETURN_IF_ERROR(MakeFolders(paths.ml / "output" / "intermediate"));
  if (!order.checkpoint_uri.empty()) RETURN_IF_ERROR(MakeFolders(order.checkpoint_path));
  RETURN_IF_ERROR(
      WriteFile(paths.config() / "hyperparameters.json", HyperparametersJson(order).Dump()));
  RETURN_IF_ERROR(
      WriteFile(paths.config() / "inputdataconfig.json", InputDataConfigJson(order).Dump()));
  return WriteFile(paths.config() / "resourceconfig.json",
                   ResourceConfigJson(order, NetworkInterface()).Dump());
}

}  // namespace sagebrush::agent
