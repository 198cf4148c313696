// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/endpoint.h"

#include "orchestrator/workload_record.h"
#include "services/sagemaker/hosting_plan.h"
#include "services/sagemaker/list.h"
#include "services/sagemaker/resource.h"
#include "services/sagemaker/waiting_client.h"

namespace sagebrush::services::sagemaker {

namespace {

constexpr char kLastDeployment[] = "last_deployment_config";

using orchestrator::EndpointState;
using orchestrator::EndpointStateOf;

Json DescribeVariant(const orchestrator::EndpointVariant& variant, TimePoint created) {
  std::int64_t ready = 0;
  for (const auto& instance : variant.instances) ready += instance.ready ? 1 : 0;
  const std::string image = variant.plan.workload.image;
  return Json::Object({{"VariantName", variant.name},
                       {"DeployedImages",
                        Json::Array({Json::Object({{"SpecifiedImage", image},
                                                   {"ResolvedImage", image},
                                                   {"ResolutionTime", ToEpochSeconds(created)}})})},
                       {"CurrentWeight", variant.weight},
                       {"DesiredWeight", variant.weight},
                       {"CurrentInstanceCount", ready},
                       {"DesiredInstanceCount", variant.instances.size()}});
}

// "Only returned when the endpoint is creating or updating with a new endpoint configuration."
Json DescribePending(const orchestrator::Generation& coming, TimePoint created) {
  Json variants = Json::Array();
  for (const auto& variant : coming.variants) {
    Json entry = DescribeVariant(variant, created);
    entry["InstanceType"] = variant.plan.workload.instance_type;
    entry["VariantStatus"] = Json::Array({Json::Object({{"Status", "Creating"}})});
    variants.Append(std::move(entry));
  }
  return Json::Object(
      {{"EndpointConfigName", coming.config_name}, {"ProductionVariants", std::move(variants)}});
}

RetainedProperties Retained(const Json& input, const EndpointState& state) {
  RetainedProperties retained;
  if (!input.GetBool("RetainAllVariantProperties") || !state.serving) return retained;
  retained.of = &*state.serving;
  if (const Json* excluded = input.Find("ExcludeRetainedVariantProperties"))
    for (const auto& property : excluded->AsArray()) {
      const std::string type = property.GetString("VariantPropertyType");
      if (type == "DesiredInstanceCount") retained.instance_counts = false;
      if (type == "DesiredWeight") retained.weights = false;
    }
  return retained;
}

// An endpoint of which nothing has been heard for so long may be deleted whatever it is doing.
constexpr auto kMostTimeOnTheWay = std::chrono::hours(1);

aws::Error InProgress(const std::string& arn) {
  return ValidationError("Cannot update in-progress endpoint \"" + arn + "\".");
}

// Told back as AWS does; every update here replaces all instances at once when the new ones are ready.
void NoteDeployment(const Json& input, metastore::Record* record) {
  if (const Json* config = input.Find("DeploymentConfig"))
    record->document[kLastDeployment] = *config;
}

}  // namespace

aws::Outcome<Json> Endpoints::Create(const RequestContext& context, const Json& input) {
  EndpointState state;
  ASSIGN_OR_RETURN(state.coming, PlanGeneration(context, deps_.records, deps_.catalogue,
                                                input.GetString("EndpointName"),
                                                input.GetString("EndpointConfigName")));
  ASSIGN_OR_RETURN(auto record, NewRecord(kEndpoint, context, input));
  SetState(&record, state);
  NoteWhoCreatedEndpoint(input, &record);
  NoteDeployment(input, &record);
  const std::string arn = record.document.GetString("arn");
  const Status inserted = deps_.records.Insert(std::move(record));
  if (inserted.code() == Code::kAlreadyExists) return AlreadyExistsError(kEndpoint, arn);
  RETURN_IF_ERROR(inserted);
  deps_.nudge();
  return Json::Object({{"EndpointArn", arn}});
}

aws::Outcome<Json> Endpoints::Describe(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto record, FindRecord(deps_.records, kEndpoint, context, input));
  const EndpointState state = EndpointStateOf(record);
  Json result = Json::Object(
      {{"EndpointName", record.key.name},
       {"EndpointArn", record.document.GetString("arn")},
       {"EndpointConfigName", record.document.Find("request")->GetString("EndpointConfigName")}});
  if (const auto& generation = state.serving ? state.serving : state.coming) {
    result["EndpointConfigName"] = generation->config_name;
    result["ProductionVariants"] = Json::Array();
    for (const auto& variant : generation->variants)
      result["ProductionVariants"].Append(DescribeVariant(variant, record.created));
  }
  if (state.coming)
    result["PendingDeploymentSummary"] = DescribePending(*state.coming, record.created);
  result["EndpointStatus"] = state.status;
  if (const Json* last = record.document.Find(kLastDeployment))
    result["LastDeploymentConfig"] = *last;
  if (!state.failure_reason.empty()) result["FailureReason"] = state.failure_reason;
  result["CreationTime"] = ToEpochSeconds(record.created);
  result["LastModifiedTime"] = ToEpochSeconds(record.modified);
  return result;
}

aws::Outcome<Json> Endpoints::List(const RequestContext& context, const Json& input) {
  return ListRecords(deps_.records, kEndpoint, context, input, "Endpoints",
                     DefaultOrder::kNewestFirst, [](const metastore::Record& record, Json* entry) {
                       (*entry)["LastModifiedTime"] = ToEpochSeconds(record.modified);
                       (*entry)["EndpointStatus"] = record.status;
                     });
}

aws::Outcome<Json> Endpoints::Update(const RequestContext& context, const Json& input) {
  const std::string name = input.GetString("EndpointName");
  const std::string arn = ArnOf(kEndpoint, context, name);
  const auto changed = ChangeRecord(
      deps_.records, KeyOf(kEndpoint, context, name), NotFoundError(kEndpoint, context, name),
      context.now, [&](metastore::Record& record) -> aws::Outcome<bool> {
        const EndpointState state = EndpointStateOf(record);
        if (state.status == "Failed")
          return ValidationError("Cannot update endpoint \"" + arn +
                                 "\" in status Failed. Delete it, and create it again.");
        if (state.status != "InService") return InProgress(arn);
        ASSIGN_OR_RETURN(
            auto generation,
            PlanGeneration(context, deps_.records, deps_.catalogue, name,
                           input.GetString("EndpointConfigName"), Retained(input, state)));
        SetState(&record, orchestrator::UpdateRequested(state, std::move(generation)));
        NoteDeployment(input, &record);
        return true;
      });
  if (!changed.ok()) return changed.status();
  deps_.nudge();
  return Json::Object({{"EndpointArn", arn}});
}

aws::Outcome<Json> Endpoints::Delete(const RequestContext& context, const Json& input) {
  const std::string name = input.GetString("EndpointName");
  const auto changed = ChangeRecord(
      deps_.records, KeyOf(kEndpoint, context, name), NotFoundError(kEndpoint, context, name),
      context.now, [&](metastore::Record& record) -> aws::Outcome<bool> {
        const EndpointState state = EndpointStateOf(record);
        if (state.status == "Deleting") return false;
        // AWS's own operator for Kubernetes waits for the end of it (amazon-sagemaker-operator-for-k8s).
        const bool is_on_its_way = state.status == "Creating" || state.status == "Updating";
        if (is_on_its_way && context.now - record.modified < kMostTimeOnTheWay)
          return InProgress(ArnOf(kEndpoint, context, name));
        SetState(&record, orchestrator::DeleteRequested(state));
        return true;
      });
  if (!changed.ok()) return changed.status();
  deps_.nudge();
  return Json::Object();
}

}  // namespace sagebrush::services::sagemaker
