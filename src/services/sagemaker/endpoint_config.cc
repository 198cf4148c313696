// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/endpoint_config.h"

#include <set>

#include "aws/bind.h"
#include "aws_models/sagemaker/endpoint_config.h"
#include "orchestrator/instance_type.h"
#include "services/sagemaker/resource.h"

namespace sagebrush::services::sagemaker {

namespace api = ::sagebrush::api::sagemaker;

namespace {

constexpr char kNoun[] = "endpoint configuration";

metastore::Key KeyOf(const RequestContext& context, const std::string& name) {
  return {kEndpointConfigKind, context.scope(), name};
}
std::string ArnOf(const RequestContext& context, const std::string& name) {
  return ResourceArn(context, "endpoint-config", name);
}

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
  const auto model = records.Get({kModelKind, context.scope(), *variant.model_name});
  if (model.status().code() == Code::kNotFound)
    return NotFoundError("model", ResourceArn(context, "model", *variant.model_name));
  return std::nullopt;
}

}  // namespace

aws::Outcome<Json> EndpointConfigs::Create(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto request, aws::Bind<api::CreateEndpointConfigInput>(input));
  const std::string arn = ArnOf(context, request.endpoint_config_name);
  if (request.async_inference_config)
    return ValidationError("AsyncInferenceConfig is not available on this server");
  if (request.shadow_production_variants && !request.shadow_production_variants->empty())
    return ValidationError("ShadowProductionVariants are not available on this server");
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

  const Status inserted = deps_.records.Insert(
      NewRecord(context, KeyOf(context, request.endpoint_config_name), input, arn));
  if (inserted.code() == Code::kAlreadyExists) return AlreadyExistsError(kNoun, arn);
  RETURN_IF_ERROR(inserted);
  return Json::Object({{"EndpointConfigArn", arn}});
}

aws::Outcome<Json> EndpointConfigs::Describe(const RequestContext& context, const Json& input) {
  const std::string name = input.GetString("EndpointConfigName");
  const auto record = deps_.records.Get(KeyOf(context, name));
  if (record.status().code() == Code::kNotFound) return NotFoundError(kNoun, ArnOf(context, name));
  if (!record.ok()) return record.status();
  Json result = *record->document.Find("request");
  for (Json& variant : result["ProductionVariants"].AsArray())
    if (!variant.Has("InitialVariantWeight")) variant["InitialVariantWeight"] = 1.0;
  result["EndpointConfigArn"] = record->document.GetString("arn");
  result["CreationTime"] = ToEpochSeconds(record->created);
  if (!result.Has("EnableNetworkIsolation")) result["EnableNetworkIsolation"] = false;
  return result;
}

aws::Outcome<Json> EndpointConfigs::List(const RequestContext& context, const Json& input) {
  return ListRecords(deps_.records, kEndpointConfigKind, context, input, "EndpointConfigs",
                     [](const metastore::Record& record) {
                       return Json::Object({{"EndpointConfigName", record.key.name},
                                            {"EndpointConfigArn", record.document.GetString("arn")},
                                            {"CreationTime", ToEpochSeconds(record.created)}});
                     });
}

aws::Outcome<Json> EndpointConfigs::Delete(const RequestContext& context, const Json& input) {
  const std::string name = input.GetString("EndpointConfigName");
  const Status deleted = deps_.records.Delete(KeyOf(context, name));
  if (deleted.code() == Code::kNotFound) return NotFoundError(kNoun, ArnOf(context, name));
  RETURN_IF_ERROR(deleted);
  return Json::Object();
}

}  // namespace sagebrush::services::sagemaker
