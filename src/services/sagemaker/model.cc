// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/model.h"

#include "aws/bind.h"
#include "aws/s3_uri.h"
#include "aws_models/sagemaker/model.h"
#include "services/sagemaker/list.h"
#include "services/sagemaker/resource.h"
#include "services/sagemaker/role.h"

namespace sagebrush::services::sagemaker {

namespace api = ::sagebrush::api::sagemaker;

namespace {

// Where the model's data is, in either of the two forms that a container may name it; nothing if the image brings it.
aws::Outcome<std::optional<std::string>> ModelData(const api::ContainerDefinition& container) {
  if (!container.model_data_source) return container.model_data_url;
  if (container.model_data_url)
    return ValidationError("Give either ModelDataUrl or ModelDataSource, not both.");
  const auto& source = container.model_data_source->s3_data_source;
  if (!source || api::ToString(source->s3_data_type) != "S3Object" ||
      api::ToString(source->compression_type) != "Gzip")
    return ValidationError(
        "ModelDataSource must be one S3Object with CompressionType Gzip on this server: pack the "
        "model as a tar.gz");
  return std::optional(source->s3_uri);
}

}  // namespace

aws::Outcome<Json> Models::Create(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto request, aws::Bind<api::CreateModelInput>(input));
  if (request.primary_container && request.containers && !request.containers->empty())
    return ValidationError("Give either a primary container or a list of containers, not both.");
  if (request.containers && request.containers->size() > 1)
    return ValidationError(
        "This server runs models of one container; inference pipelines are not available");
  const auto& container = request.primary_container ? request.primary_container
                          : request.containers && !request.containers->empty()
                              ? std::optional(request.containers->front())
                              : std::nullopt;
  if (!container)
    return ValidationError("You must specify either a primary container or a list of containers.");
  if (!container->image)
    return ValidationError(
        "The container needs an Image: model packages are not available on this server");
  if (container->mode == api::ContainerMode::kMultiModel)
    return ValidationError(
        "Mode MultiModel is not available on this server: give each model an endpoint or a "
        "variant of its own");
  if (const auto runtime =
          deps_.catalogue.Find(*container->image, orchestrator::ImageRole::kHosting);
      !runtime.ok())
    return ValidationError(runtime.status().message());
  if (request.execution_role_arn)
    if (auto refusal = RefuseRole(deps_.roles, *request.execution_role_arn))
      return std::move(*refusal);
  ASSIGN_OR_RETURN(const auto model_data, ModelData(*container));
  if (model_data) {
    const auto location = aws::ParseS3Uri(*model_data);
    if (!location.ok()) return ValidationError(location.status().message());
    const auto object = deps_.objects.Head(location->bucket, location->key);
    if (object.status().code() == Code::kNotFound)
      return ValidationError("Could not find model data at " + *model_data + ".");
    if (!object.ok()) return object.status();
  }

  ASSIGN_OR_RETURN(auto record, NewRecord(kModel, context, input));
  const std::string arn = record.document.GetString("arn");
  const Status inserted = deps_.records.Insert(std::move(record));
  if (inserted.code() == Code::kAlreadyExists) return AlreadyExistsError(kModel, arn);
  RETURN_IF_ERROR(inserted);
  return Json::Object({{"ModelArn", arn}});
}

aws::Outcome<Json> Models::Describe(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto record, FindRecord(deps_.records, kModel, context, input));
  Json result = *record.document.Find("request");
  result["CreationTime"] = ToEpochSeconds(record.created);
  result["ModelArn"] = record.document.GetString("arn");
  if (!result.Has("EnableNetworkIsolation")) result["EnableNetworkIsolation"] = false;
  return result;
}

aws::Outcome<Json> Models::List(const RequestContext& context, const Json& input) {
  return ListRecords(deps_.records, kModel, context, input, "Models", DefaultOrder::kNewestFirst,
                     [](const metastore::Record&, Json*) {});
}

aws::Outcome<Json> Models::Delete(const RequestContext& context, const Json& input) {
  return DeleteRecord(deps_.records, kModel, context, input);
}

}  // namespace sagebrush::services::sagemaker
