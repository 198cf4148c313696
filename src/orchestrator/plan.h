// SPDX-License-Identifier: Apache-2.0
// What a service worked out from a request, and the orchestrator keeps: everything that an instance of this workload needs.
// Plans are kept in records as documents whose members are those of the work order (docs/formats/agent-protocol.md) and
// those below; a member that an older record lacks reads as the field's default. Plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace sagebrush::orchestrator {

// The part that every kind of workload has.
struct WorkloadPlan {
  std::string runtime;  // its name in the catalogue
  std::string image;    // as the user wrote it
  std::string instance_type;
  std::string role_arn;   // "": its code gets no credentials
  std::string principal;  // who asked for it: admission is fair between them
  std::string job_name, job_arn, account, region;
  std::vector<std::string> hosts;
  std::string current_host;
  std::map<std::string, std::string> environment;
  bool network = true;  // false: EnableNetworkIsolation
  std::string log_group;
  std::vector<std::string> first_log_lines;  // what its log says before all else

  bool operator==(const WorkloadPlan&) const = default;
};

// A training job's input, as CreateTrainingJob words it.
struct ChannelPlan {
  std::string name;
  std::string data_type, s3_uri, distribution;
  std::string content_type, compression, record_wrapper, input_mode;
  std::vector<std::string> attribute_names;

  bool operator==(const ChannelPlan&) const = default;
};

struct CheckpointPlan {
  std::string s3_uri, local_path;
  bool operator==(const CheckpointPlan&) const = default;
};

struct TrainingPlan {
  WorkloadPlan workload;
  std::map<std::string, std::string> hyperparameters;
  std::vector<ChannelPlan> channels;
  std::string code_s3_uri;           // script mode's source archive; "" if there is none
  std::vector<std::string> command;  // a container entry point of the user's; empty: the launcher
  std::vector<std::string>
      arguments;  // container arguments without one: the launcher's, for the script
  std::string model_s3_uri, output_s3_uri;  // of one tar.gz, or a prefix that ends in a slash
  std::optional<CheckpointPlan> checkpoints;
  int max_runtime_seconds = 86'400;  // StoppingCondition's default: one day
  int stop_grace_seconds =
      120;  // DescribeTrainingJob: StopTrainingJob delays termination for 120 s
  std::string log_stream;

  Json ToJson() const;
  static TrainingPlan FromJson(const Json& json);
  bool operator==(const TrainingPlan&) const = default;
};

// Of one variant of an endpoint.
struct HostingPlan {
  WorkloadPlan workload;
  std::string model_data;  // s3://…/model.tar.gz; "" if the image brings its model

  Json ToJson() const;
  static HostingPlan FromJson(const Json& json);
  bool operator==(const HostingPlan&) const = default;
};

}  // namespace sagebrush::orchestrator
