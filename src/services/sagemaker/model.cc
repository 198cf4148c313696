// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/model.h"

#include "aws/bind.h"
#include "aws/s3_uri.h"
#include "aws_models/sagemaker/model.h"
#include "services/sagemaker/resource.h"
#include "services/sagemaker/role.h"

namespace sagebrush::services::sagemaker {

namespace api = ::sagebrush::api::sagemaker;

namespace {

metastore::Key KeyOf(const RequestContext& context, const std::string& name) {
  return {kModelKind, context.scope(), name};
}
std::string ArnOf(const RequestContext& context, const std::string& name) {
  return ResourceArn(context, "model", name);
}

}  // namespace

aws::Outcome<Json> Models::Create(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto request, aws::Bind<api::CreateModelInput>(input));
  const std::string arn = ArnOf(context, request.model_name);
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
  if (const auto runtime =
          deps_.catalogue.Find(*container->image, orchestrator::ImageRole::kHosting);
      !runtime.ok())
    return ValidationError(runtime.status().message());
  if (request.execution_role_arn)
    if (auto refusal = RefuseRole(deps_.roles, *request.execution_role_arn))
      return std::move(*refusal);
  if (container->model_data_url) {
    const auto location = aws::ParseS3Uri(*container->model_data_url);
    if (!location.ok()) return ValidationError(location.status().message());
    const auto object = deps_.objects.Head(location->bucket, location->key);
    if (object.status().code() == Code::kNotFound)
      return ValidationError("Could not find model data at " + *container->model_data_url + ".");
    if (!object.ok()) return object.status();
  }

  const Status inserted =
      deps_.records.Insert(NewRecord(context, KeyOf(context, request.model_name), input, arn));
  if (inserted.code() == Code::kAlreadyExists) return AlreadyExistsError("model", arn);
  RETURN_IF_ERROR(inserted);
  return Json::Object({{"ModelArn", arn}});
}

aws::Outcome<Json> Models::Describe(const RequestContext& context, const Json& input) {
  const std::string name = input.GetString("ModelName");
  const auto record = deps_.records.Get(KeyOf(context, name));
  if (record.status().code() == Code::kNotFound)
    return NotFoundError("model", ArnOf(context, name));
  if (!record.ok()) return record.status();
  Json result = *record->document.Find("request");
  result["CreationTime"] = ToEpochSeconds(record->created);
  result["ModelArn"] = record->document.GetString("arn");
  if (!result.Has("EnableNetworkIsolation")) result["EnableNetworkIsolation"] = false;
  return result;
}

aws::Outcome<Json> Models::List(const RequestContext& context, const Json& input) {
  return ListRecords(deps_.records, kModelKind, context, input, "Models",
                     [](const metastore::Record& record) {
                       return Json::Object({{"ModelName", record.key.name},
                                            {"ModelArn", record.document.GetString("arn")},
                                            {"CreationTime", ToEpochSeconds(record.created)}});
                     });
}

aws::Outcome<Json> Models::Delete(const RequestContext& context, const Json& input) {
  const std::string name = input.GetString("ModelName");
  const Status deleted = deps_.records.Delete(KeyOf(context, name));
  if (deleted.code() == Code::kNotFound) return NotFoundError("model", ArnOf(context, name));
  RETURN_IF_ERROR(deleted);
  return Json::Object();
}

}  // namespace sagebrush::services::sagemaker
