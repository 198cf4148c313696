// SPDX-License-Identifier: Apache-2.0
// WorkOrder: everything an agent is told about its instance, as a checked value. The document's form is
// docs/formats/agent-protocol.md. It holds the token, so it lives in memory only and is never printed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::agent {

struct Channel {
  std::string name;
  std::string data_type;  // S3Prefix, ManifestFile, AugmentedManifestFile
  std::string s3_uri;
  std::string distribution;  // FullyReplicated, ShardedByS3Key
  std::string content_type;
  std::string compression;
  std::string record_wrapper;
  std::string input_mode;  // File, FastFile, Pipe
};

struct WorkOrder {
  enum class Kind { kTraining, kHosting };
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  Kind kind = Kind::kTraining;
  std::string instance;
  std::string token;
  std::string job_name;
  std::string job_arn;
  std::string account;
  std::string region;
  std::vector<std::string> hosts;
  std::string current_host;
  std::string instance_type;
  Pairs hyperparameters;
  std::vector<Channel> channels;
  std::string code_uri;    // "" if the command needs none
  std::string model_data;  // hosting; "" if the program brings its own
  std::vector<std::string> command;
  // Installs code/requirements.txt for `runtime`; empty: that is not our business.
  std::vector<std::string> install_command;
  std::string runtime;
  std::string working_directory;
  Pairs machine_environment;  // how this machine reaches its package index; `environment` wins
  Pairs environment;
  std::string model_uri;  // where artifacts go; "" for none
  std::string output_uri;
  std::string checkpoint_uri;
  std::string checkpoint_path;
  std::chrono::seconds max_runtime{0};  // 0: no limit
  std::chrono::seconds stop_grace{120};
  std::chrono::seconds startup_timeout{600};  // hosting: until /ping answers
  std::uint64_t memory_limit_bytes = 0;       // 0: the kernel enforces it
  bool network = true;
  int api_port = 0;
  std::vector<std::string> first_log_lines;

  // This host's place among the job's hosts.
  std::size_t host_index() const;
  // The value in `environment`, "" if it is not there.
  std::string EnvironmentValue(std::string_view name) const;
};

// kInvalidArgument names the member that is missing or wrong.
Result<WorkOrder> ParseWorkOrder(std::string_view text);

}  // namespace sagebrush::agent
