// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/training_plan.h"

#include <set>

#include "aws/s3_uri.h"
#include "orchestrator/instance_type.h"
#include "services/sagemaker/resource.h"
#include "services/sagemaker_metrics/metric_definitions.h"

namespace sagebrush::services::sagemaker {

namespace api = ::sagebrush::api::sagemaker;

namespace {

constexpr char kHost[] = "algo-1";

// SDKs write framework hyperparameters as JSON texts: "\"train.py\"" stands for train.py.
std::string PlainValue(const std::string& value) {
  if (!value.starts_with('"')) return value;
  const auto json = Json::Parse(value);
  return json.ok() && json->is_string() ? json->AsString() : value;
}

template <typename T>
std::string Word(const std::optional<T>& value, std::string_view fallback) {
  return value ? std::string(ToString(*value)) : std::string(fallback);
}

aws::Outcome<std::vector<orchestrator::ChannelPlan>> Channels(
    const api::CreateTrainingJobRequest& request, const api::AlgorithmSpecification& algorithm) {
  std::vector<orchestrator::ChannelPlan> channels;
  if (!request.input_data_config) return channels;
  std::set<std::string> names;
  for (const auto& channel : *request.input_data_config) {
    if (!names.insert(channel.channel_name).second)
      return ValidationError("InputDataConfig has more than one channel named '" +
                             channel.channel_name + "'; give each a name of its own");
    if (!channel.data_source.s3_data_source)
      return ValidationError("Channel '" + channel.channel_name +
                             "' has no S3DataSource: file systems and data sets are not available "
                             "on this server; upload the data to S3");
    if (channel.data_source.file_system_data_source || channel.data_source.dataset_source)
      return ValidationError("Channel '" + channel.channel_name +
                             "' has more than one data source; give one, which on this server is "
                             "an S3DataSource");
    const auto& source = *channel.data_source.s3_data_source;
    if (const auto uri = aws::ParseS3Uri(source.s3_uri); !uri.ok())
      return ValidationError(uri.status().message());
    const std::string mode = Word(channel.input_mode, api::ToString(algorithm.training_input_mode));
    if (mode == "Pipe")
      return ValidationError(
          "Channel '" + channel.channel_name +
          "' asks for input mode Pipe, which this server does not have; use File or FastFile");
    channels.push_back(
        {.name = channel.channel_name,
         .data_type = std::string(api::ToString(source.s3_data_type)),
         .s3_uri = source.s3_uri,
         .distribution = Word(source.s3_data_distribution_type, "FullyReplicated"),
         .content_type = channel.content_type.value_or(""),
         .compression = Word(channel.compression_type, "None"),
         .record_wrapper = Word(channel.record_wrapper_type, "None"),
         .input_mode = mode,
         .attribute_names = source.attribute_names.value_or(std::vector<std::string>())});
  }
  return channels;
}

constexpr int kLongestRun = 28 * 86'400;  // seconds: StoppingCondition's documentation

// The sentences: aws/amazon-sagemaker-examples issue 869, Kenza-AI/sagify issue 111. Who asks for retries may say how long
// all of them may take ("MaxWaitTimeInSeconds specifies the maximum time for all of the attempts in total").
std::optional<aws::Error> RefuseTimes(const api::CreateTrainingJobRequest& request) {
  const api::StoppingCondition stop = request.stopping_condition.value_or(api::StoppingCondition());
  const int run = stop.max_runtime_in_seconds.value_or(86'400);
  if (run > kLongestRun)
    return aws::Error{
        .code = "ResourceLimitExceeded",
        .message = "The account-level service limit 'Longest run time for a training job' is " +
                   std::to_string(kLongestRun) +
                   " Seconds, with current utilization of 0 Seconds and a request delta of " +
                   std::to_string(run) + " Seconds. Give a smaller MaxRuntimeInSeconds."};
  const auto& wait = stop.max_wait_time_in_seconds;
  const bool is_spot = request.enable_managed_spot_training.value_or(false);
  if (!is_spot && !wait) return std::nullopt;
  if (!is_spot && !request.retry_strategy)
    return ValidationError(
        "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set "
        "to true");
  if (wait && *wait >= run) return std::nullopt;
  return ValidationError(
      "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
      "MaxRuntimeInSeconds");
}

// What the job's log says first, where what runs is not what was asked for.
std::vector<std::string> FirstLogLines(const std::string& image,
                                       const orchestrator::Runtime& runtime,
                                       const std::string& instance_type) {
  return {orchestrator::WhatRuns(image, runtime),
          "Sagebrush: instance type " + instance_type +
              " stands for this machine's own processors; memory is what this machine "
              "can give, at most a quarter of it"};
}

// As `docker run --entrypoint ENTRYPOINT image ARGUMENTS`. Without an entry point the image's own takes the arguments, whose
// program is named `train`, as in the `docker run image train` that SageMaker says by itself.
void SetCommand(const api::AlgorithmSpecification& algorithm, orchestrator::TrainingPlan* plan) {
  const auto arguments = algorithm.container_arguments.value_or(std::vector<std::string>());
  if (algorithm.container_entrypoint && !algorithm.container_entrypoint->empty()) {
    plan->command = *algorithm.container_entrypoint;
    plan->command.insert(plan->command.end(), arguments.begin(), arguments.end());
    return;
  }
  const bool names_it = !arguments.empty() && arguments.front() == "train";
  plan->arguments.assign(arguments.begin() + (names_it ? 1 : 0), arguments.end());
}

}  // namespace

aws::Outcome<orchestrator::TrainingPlan> PlanTrainingJob(
    const RequestContext& context, const api::CreateTrainingJobRequest& request,
    const std::string& arn, const orchestrator::Catalogue& catalogue) {
  if (!request.algorithm_specification)
    return ValidationError("AlgorithmSpecification is required: this server runs training images");
  const auto& algorithm = *request.algorithm_specification;
  if (algorithm.training_image && algorithm.algorithm_name)
    return ValidationError(
        "You must specify either an algorithm name or a training image, not both.");
  if (!algorithm.training_image)
    return ValidationError(
        algorithm.algorithm_name
            ? "AlgorithmName is not available on this server; give a TrainingImage"
            : "You must specify either an algorithm name or a training image.");
  const auto runtime =
      catalogue.Find(*algorithm.training_image, orchestrator::ImageRole::kTraining);
  if (!runtime.ok()) return ValidationError(runtime.status().message());

  if (algorithm.metric_definitions) {
    for (const auto& definition : *algorithm.metric_definitions)
      if (auto problem = sagemaker_metrics::RegexProblem({definition.name, definition.regex}))
        return ValidationError(*std::move(problem));
  }
  if (!request.resource_config || !request.resource_config->instance_type)
    return ValidationError("ResourceConfig.InstanceType is required");
  const std::string& instance_type = *request.resource_config->instance_type;
  if (const auto type = orchestrator::ParseInstanceType(instance_type); !type.ok())
    return ValidationError(type.status().message());
  const int instances = request.resource_config->instance_count.value_or(1);
  if (instances < 1) return ValidationError("ResourceConfig.InstanceCount must be at least 1");
  if (instances != 1)
    return aws::Error{.code = "ResourceLimitExceeded",
                      .message = "The account-level service limit '" + instance_type +
                                 " for training job usage' is 1 Instances, with current "
                                 "utilization of 0 Instances and a request delta of " +
                                 std::to_string(instances) +
                                 " Instances. This server runs a training job on one instance."};

  ASSIGN_OR_RETURN(auto channels, Channels(request, algorithm));
  if (const auto uri = aws::ParseS3Uri(request.output_data_config.s3_output_path); !uri.ok())
    return ValidationError(uri.status().message());

  std::string prefix = request.output_data_config.s3_output_path;
  while (prefix.ends_with('/')) prefix.pop_back();
  const std::string output = prefix + "/" + request.training_job_name + "/output/";

  if (auto refusal = RefuseTimes(request)) return std::move(*refusal);

  orchestrator::TrainingPlan plan;
  plan.workload = {
      .runtime = (*runtime)->name,
      .image = *algorithm.training_image,
      .instance_type = instance_type,
      .role_arn = request.role_arn,
      .principal = context.principal.arn,
      .job_name = request.training_job_name,
      .job_arn = arn,
      .account = context.account,
      .region = context.region,
      .hosts = {kHost},
      .current_host = kHost,
      .environment = request.environment.value_or(std::map<std::string, std::string>()),
      .network = !request.enable_network_isolation.value_or(false),
      .log_group = "/aws/sagemaker/TrainingJobs",
      .first_log_lines = FirstLogLines(*algorithm.training_image, **runtime, instance_type)};
  plan.hyperparameters = request.hyper_parameters.value_or(std::map<std::string, std::string>());
  plan.channels = std::move(channels);
  if (const auto code = plan.hyperparameters.find("sagemaker_submit_directory");
      code != plan.hyperparameters.end() && PlainValue(code->second).starts_with("s3://"))
    plan.code_s3_uri = PlainValue(code->second);
  const bool packed =
      request.output_data_config.compression_type != api::OutputCompressionType::kNone;
  plan.model_s3_uri = output + (packed ? "model.tar.gz" : "model/");
  plan.output_s3_uri = output + (packed ? "output.tar.gz" : "data/");
  if (request.checkpoint_config)
    plan.checkpoints = {
        .s3_uri = request.checkpoint_config->s3_uri,
        .local_path = request.checkpoint_config->local_path.value_or("/opt/ml/checkpoints")};
  if (request.stopping_condition)
    plan.max_runtime_seconds =
        request.stopping_condition->max_runtime_in_seconds.value_or(plan.max_runtime_seconds);
  plan.log_stream =
      request.training_job_name + "/" + kHost + "-" + std::to_string(ToMillis(context.now) / 1000);
  SetCommand(algorithm, &plan);
  return plan;
}

}  // namespace sagebrush::services::sagemaker
