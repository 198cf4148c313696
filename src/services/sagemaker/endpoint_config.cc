// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/endpoint_config.h"

#include <set>

#include "aws/bind.h"
#include "aws_models/sagemaker/endpoint_config.h"
#include "orchestrator/instance_type.h"
#include "services/sagemaker/list.h"
#include "services/sagemaker/resource.h"

namespace sagebrush::services::sagemaker {

namespace api = ::sagebrush::api::sagemaker;

namespace {

// What this server cannot do yet is refused now, not when an endpoint starts.
std::optional<aws::Error> RefuseVariant(metastore::RecordStore& records,
                                        const RequestContext& context,
                                        const api::ProductionVariant& variant) {
  const std::string where = "Production variant '" + variant.variant_name + "': ";
  if (variant.serverless_config)
    return ValidationError(where +
                           "ServerlessConfig is not available on this server; give InstanceType "
                           "and InitialInstanceCount");
  if (!variant.model_name)
    return ValidationError(
        where + "ModelName is required: inference components are not available on this server");
  if (!variant.instance_type) return ValidationError(where + "InstanceType is required");
  if (const auto type = orchestrator::ParseInstanceType(*variant.instance_type); !type.ok())
    return ValidationError(where + type.status().message());
  if (!variant.initial_instance_count)
    return ValidationError(where + "InitialInstanceCount is required");
  const auto model = records.Get(KeyOf(kModel, context, *variant.model_name));
  if (model.status().code() == Code::kNotFound)
    return NotFoundError(kModel, context, *variant.model_name);
  return std::nullopt;
}

}  // namespace

aws::Outcome<Json> EndpointConfigs::Create(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto request, aws::Bind<api::CreateEndpointConfigInput>(input));
  if (request.async_inference_config)
    return ValidationError("AsyncInferenceConfig is not available on this server");
  if (request.shadow_production_variants && !request.shadow_production_variants->empty())
    return ValidationError("ShadowProductionVariants are not available on this server");
  if (request.explainer_config)
    return ValidationError("ExplainerConfig is not available on this server");
  if (request.data_capture_config && request.data_capture_config->enable_capture.value_or(false))
    return ValidationError(
        "DataCaptureConfig is not available on this server; leave it out or set EnableCapture to "
        "false");
  std::set<std::string> names;
  for (const auto& variant : request.production_variants) {
    if (!names.insert(variant.variant_name).second)
      return ValidationError("Duplicate production variant name '" + variant.variant_name + "'.");
    if (auto refusal = RefuseVariant(deps_.records, context, variant)) return std::move(*refusal);
  }

  ASSIGN_OR_RETURN(auto record, NewRecord(kEndpointConfig, context, input));
  const std::string arn = record.document.GetString("arn");
  const Status inserted = deps_.records.Insert(std::move(record));
  if (inserted.code() == Code::kAlreadyExists) return AlreadyExistsError(kEndpointConfig, arn);
  RETURN_IF_ERROR(inserted);
  return Json::Object({{"EndpointConfigArn", arn}});
}

aws::Outcome<Json> EndpointConfigs::Describe(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto record, FindRecord(deps_.records, kEndpointConfig, context, input));
  Json result = *record.document.Find("request");
  for (Json& variant : result["ProductionVariants"].AsArray())
    if (!variant.Has("InitialVariantWeight")) variant["InitialVariantWeight"] = 1.0;
  result["EndpointConfigArn"] = record.document.GetString("arn");
  result["CreationTime"] = ToEpochSeconds(record.created);
  if (!result.Has("EnableNetworkIsolation")) result["EnableNetworkIsolation"] = false;
  return result;
}

aws::Outcome<Json> EndpointConfigs::List(const RequestContext& context, const Json& input) {
  return ListRecords(deps_.records, kEndpointConfig, context, input, "EndpointConfigs",
                     DefaultOrder::kNewestFirst, [](const metastore::Record&, Json*) {});
}

aws::Outcome<Json> EndpointConfigs::Delete(const RequestContext& context, const Json& input) {
  return DeleteRecord(deps_.records, kEndpointConfig, context, input);
}

}  // namespace sagebrush::services::sagemaker
