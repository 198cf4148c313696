// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/training_job.h"

#include "aws/bind.h"
#include "aws/s3_uri.h"
#include "aws_models/sagemaker/training_job.h"
#include "orchestrator/training_job.h"
#include "orchestrator/workload_record.h"
#include "services/sagemaker/list.h"
#include "services/sagemaker/resource.h"
#include "services/sagemaker/role.h"
#include "services/sagemaker/training_plan.h"

namespace sagebrush::services::sagemaker {

namespace api = ::sagebrush::api::sagemaker;

namespace {

using orchestrator::TrainingPlanOf;
using orchestrator::TrainingState;
using orchestrator::TrainingStateOf;

// Started seconds count: the answer's model wants 1 at least, and SDKs divide by it.
std::int64_t Seconds(TimePoint from, TimePoint to) {
  return std::max<std::int64_t>(1, ((to - from).count() + 999) / 1000);
}

// What the request leaves out and AWS's answer has all the same.
void AddDefaults(const orchestrator::TrainingPlan& plan, Json* result) {
  // attach() of SDK v1 and v2 indexes it without asking whether it is there.
  if (Json* output = result->Find("OutputDataConfig"); output && !output->Has("KmsKeyId"))
    (*output)["KmsKeyId"] = "";
  for (const char* name : {"EnableNetworkIsolation", "EnableInterContainerTrafficEncryption",
                           "EnableManagedSpotTraining"})
    if (!result->Has(name)) (*result)[name] = false;
  if (!result->Has("StoppingCondition"))  // the answer's model demands it
    (*result)["StoppingCondition"] =
        Json::Object({{"MaxRuntimeInSeconds", plan.max_runtime_seconds}});
  const Json* profiler = result->Find("ProfilerConfig");
  (*result)["ProfilingStatus"] =
      profiler != nullptr && !profiler->GetBool("DisableProfiler") ? "Enabled" : "Disabled";
}

// The sentence: aws/amazon-sagemaker-examples issue 2267.
aws::Outcome<bool> FindInput(objectstore::ObjectStore& objects, const RequestContext& context,
                             const orchestrator::TrainingPlan& plan) {
  for (const auto& channel : plan.channels) {
    const auto uri = aws::ParseS3Uri(channel.s3_uri);
    if (!uri.ok()) return uri.status();
    const auto found = objects.List(
        uri->bucket, {.prefix = uri->key, .delimiter = {}, .start_after = {}, .max_keys = 1});
    if (found.ok() && !found->objects.empty()) continue;
    if (!found.ok() && found.status().code() != Code::kNotFound) return found.status();
    return ValidationError(
        "No S3 objects found under S3 URL \"" + channel.s3_uri +
        "\" given in input data source. Please ensure that the bucket exists in "
        "the selected region (" +
        context.region + "), that objects exist under that S3 prefix, and that the role \"" +
        plan.workload.role_arn + "\" has \"s3:ListBucket\" permissions on bucket \"" + uri->bucket +
        "\".");
  }
  return true;
}

Json Transitions(const TrainingState& state) {
  Json list = Json::Array();
  for (const auto& transition : state.transitions) {
    Json entry = Json::Object(
        {{"Status", transition.status}, {"StartTime", ToEpochSeconds(transition.start)}});
    if (transition.end) entry["EndTime"] = ToEpochSeconds(*transition.end);
    entry["StatusMessage"] = transition.message;
    list.Append(std::move(entry));
  }
  return list;
}

}  // namespace

aws::Outcome<Json> TrainingJobs::Create(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto request, aws::Bind<api::CreateTrainingJobRequest>(input));
  const std::string arn = ArnOf(kTrainingJob, context, request.training_job_name);
  if (auto refusal = RefuseRole(deps_.roles, request.role_arn)) return std::move(*refusal);
  ASSIGN_OR_RETURN(const auto plan, PlanTrainingJob(context, request, arn, deps_.catalogue));
  if (const auto input_found = FindInput(deps_.objects, context, plan); !input_found.ok())
    return input_found.status();

  ASSIGN_OR_RETURN(auto record, NewRecord(kTrainingJob, context, input));
  SetPlan(&record, plan);
  SetState(&record, orchestrator::NewTrainingState(context.now));

  // The record is the job: the loop starts what it finds, so a crash after this line loses nothing and a client's retry is
  // told so.
  const Status inserted = deps_.records.Insert(std::move(record));
  if (inserted.code() == Code::kAlreadyExists)
    return aws::Error{.code = "ResourceInUse",
                      .message =
                          "Training job names must be unique within an AWS account and region, and "
                          "a training job with this name already exists (" +
                          arn + ")"};
  RETURN_IF_ERROR(inserted);
  deps_.nudge();
  return Json::Object({{"TrainingJobArn", arn}});
}

aws::Outcome<Json> TrainingJobs::Describe(const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(auto record, FindRecord(deps_.records, kTrainingJob, context, input));
  const TrainingState state = TrainingStateOf(record);
  const auto plan = TrainingPlanOf(record);

  Json result = Json::Object(
      {{"TrainingJobName", record.key.name}, {"TrainingJobArn", record.document.GetString("arn")}});
  if (state.has_model)
    result["ModelArtifacts"] = Json::Object({{"S3ModelArtifacts", plan.model_s3_uri}});
  result["TrainingJobStatus"] = state.status;
  result["SecondaryStatus"] = state.secondary;
  if (!state.failure_reason.empty()) result["FailureReason"] = state.failure_reason;
  // Everything that was sent is told back: the SDKs' attach() and clone() build on it.
  for (auto& [name, value] : record.document["request"].AsObject())
    if (!result.Has(name)) result[name] = std::move(value);
  AddDefaults(plan, &result);
  result["CreationTime"] = ToEpochSeconds(record.created);
  const auto started = state.instance_started();
  if (started) result["TrainingStartTime"] = ToEpochSeconds(*started);
  if (state.ended) result["TrainingEndTime"] = ToEpochSeconds(*state.ended);
  result["LastModifiedTime"] = ToEpochSeconds(record.modified);
  result["SecondaryStatusTransitions"] = Transitions(state);
  if (started && state.ended) {
    result["TrainingTimeInSeconds"] = Seconds(*started, *state.ended);
    result["BillableTimeInSeconds"] = Seconds(*started, *state.ended);
  }
  const auto definitions =
      sagemaker_metrics::ReadDefinitions(result.Find("AlgorithmSpecification"));
  if (!definitions.empty()) {
    ASSIGN_OR_RETURN(Json last,
                     deps_.metrics.FinalMetrics(context.scope(), record.key.name, definitions));
    if (!last.is_null()) result["FinalMetricDataList"] = std::move(last);
  }
  return result;
}

aws::Outcome<Json> TrainingJobs::List(const RequestContext& context, const Json& input) {
  // No job here has a warm pool or runs under a training plan: none is what these filters find.
  if (input.Has("WarmPoolStatusEquals") || input.Has("TrainingPlanArnEquals"))
    return Json::Object({{"TrainingJobSummaries", Json::Array()}});
  return ListRecords(deps_.records, kTrainingJob, context, input, "TrainingJobSummaries",
                     DefaultOrder::kOldestFirst, [](const metastore::Record& record, Json* entry) {
                       const TrainingState state = TrainingStateOf(record);
                       if (state.ended) (*entry)["TrainingEndTime"] = ToEpochSeconds(*state.ended);
                       (*entry)["LastModifiedTime"] = ToEpochSeconds(record.modified);
                       (*entry)["TrainingJobStatus"] = state.status;
                       (*entry)["SecondaryStatus"] = state.secondary;
                     });
}

aws::Outcome<Json> TrainingJobs::Stop(const RequestContext& context, const Json& input) {
  const std::string name = input.GetString("TrainingJobName");
  const auto changed = ChangeRecord(
      deps_.records, KeyOf(kTrainingJob, context, name), NotFoundError(kTrainingJob, context, name),
      context.now, [&](metastore::Record& record) -> aws::Outcome<bool> {
        const TrainingState state = TrainingStateOf(record);
        if (state.is_terminal())
          return ValidationError("The request was rejected because the training job is in status " +
                                 state.status + ".");
        if (state.stop_requested) return false;
        SetState(&record, orchestrator::StopRequested(state, context.now));
        return true;
      });
  if (!changed.ok()) return changed.status();
  deps_.nudge();
  return Json::Object();
}

}  // namespace sagebrush::services::sagemaker
