// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/hosting_plan.h"

#include "aws/bind.h"
#include "aws_models/sagemaker/endpoint_config.h"
#include "aws_models/sagemaker/model.h"
#include "services/sagemaker/resource.h"

namespace sagebrush::services::sagemaker {

namespace api = ::sagebrush::api::sagemaker;

namespace {

constexpr char kHost[] = "model";
// Of one endpoint: each is a model server with a copy of the model on this one machine.
constexpr std::int64_t kMostInstances = 20;

aws::Error TooManyInstances(const std::string& type, std::int64_t wanted) {
  return {.code = "ResourceLimitExceeded",
          .message = "The account-level service limit '" + type + " for endpoint usage' is " +
                     std::to_string(kMostInstances) +
                     " Instances, with current utilization of 0 Instances and a request delta of " +
                     std::to_string(wanted) +
                     " Instances. On this server all share one machine; give a smaller "
                     "InitialInstanceCount."};
}

aws::Outcome<orchestrator::HostingPlan> PlanVariant(const RequestContext& context,
                                                    metastore::RecordStore& records,
                                                    const orchestrator::Catalogue& catalogue,
                                                    const std::string& endpoint_name,
                                                    const api::ProductionVariant& variant) {
  const std::string model_name = variant.model_name.value_or("");
  const auto record = records.Get(KeyOf(kModel, context, model_name));
  if (record.status().code() == Code::kNotFound) return NotFoundError(kModel, context, model_name);
  if (!record.ok()) return record.status();
  ASSIGN_OR_RETURN(const auto model,
                   aws::Bind<api::CreateModelInput>(*record->document.Find("request")));
  const auto& container =
      model.primary_container ? *model.primary_container : model.containers->front();
  const auto runtime =
      catalogue.Find(container.image.value_or(""), orchestrator::ImageRole::kHosting);
  if (!runtime.ok()) return ValidationError(runtime.status().message());
  const std::string image = container.image.value_or("");
  return orchestrator::HostingPlan{
      .workload = {.runtime = (*runtime)->name,
                   .image = image,
                   .instance_type = variant.instance_type.value_or(""),
                   .role_arn = model.execution_role_arn.value_or(""),
                   .principal = context.principal.arn,
                   .job_name = endpoint_name,
                   .job_arn = ArnOf(kEndpoint, context, endpoint_name),
                   .account = context.account,
                   .region = context.region,
                   .hosts = {kHost},
                   .current_host = kHost,
                   .environment =
                       container.environment.value_or(std::map<std::string, std::string>()),
                   .network = !model.enable_network_isolation.value_or(false),
                   .log_group = "/aws/sagemaker/Endpoints/" + endpoint_name,
                   .first_log_lines = {orchestrator::WhatRuns(image, **runtime),
                                       "Sagebrush: its models are served by " +
                                           (*runtime)->hosting_server + " with " +
                                           (*runtime)->hosting_library}},
      .model_data = container.model_data_source
                        ? container.model_data_source->s3_data_source->s3_uri
                        : container.model_data_url.value_or("")};
}

const orchestrator::EndpointVariant* VariantNamed(const orchestrator::Generation* generation,
                                                  const std::string& name) {
  if (generation == nullptr) return nullptr;
  for (const auto& variant : generation->variants)
    if (variant.name == name) return &variant;
  return nullptr;
}

}  // namespace

aws::Outcome<orchestrator::Generation> PlanGeneration(const RequestContext& context,
                                                      metastore::RecordStore& records,
                                                      const orchestrator::Catalogue& catalogue,
                                                      const std::string& endpoint_name,
                                                      const std::string& config_name,
                                                      const RetainedProperties& retained) {
  const auto config = records.Get(KeyOf(kEndpointConfig, context, config_name));
  if (config.status().code() == Code::kNotFound)
    return NotFoundError(kEndpointConfig, context, config_name);
  if (!config.ok()) return config.status();
  ASSIGN_OR_RETURN(const auto request,
                   aws::Bind<api::CreateEndpointConfigInput>(*config->document.Find("request")));
  orchestrator::Generation generation{.config_name = config_name, .variants = {}};
  std::int64_t instances = 0;
  for (const auto& variant : request.production_variants) {
    std::int64_t count = variant.initial_instance_count.value_or(1);
    double weight = variant.initial_variant_weight.value_or(1);
    if (const auto* serving = VariantNamed(retained.of, variant.variant_name)) {
      if (retained.instance_counts) count = static_cast<std::int64_t>(serving->instances.size());
      if (retained.weights) weight = serving->weight;
    }
    instances += count;
    if (instances > kMostInstances)
      return TooManyInstances(variant.instance_type.value_or(""), instances);
    ASSIGN_OR_RETURN(auto plan, PlanVariant(context, records, catalogue, endpoint_name, variant));
    orchestrator::EndpointVariant planned{
        .name = variant.variant_name, .weight = weight, .plan = std::move(plan), .instances = {}};
    planned.instances.resize(static_cast<std::size_t>(count));
    generation.variants.push_back(std::move(planned));
  }
  return generation;
}

}  // namespace sagebrush::services::sagemaker
