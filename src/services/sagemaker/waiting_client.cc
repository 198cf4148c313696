// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/waiting_client.h"

#include <algorithm>

#include "base/strings.h"
#include "orchestrator/training_job.h"
#include "services/sagemaker/resource_type.h"

namespace sagebrush::services::sagemaker {

namespace {

constexpr std::chrono::seconds kAtMost{20};
// SDK v1 looks some milliseconds after it has created; whoever looks later is somebody who wants to know.
constexpr std::chrono::seconds kAtOnce{2};
constexpr char kEmptyTags[] = "empty_tags_sent";

// Words that stand in the SDKs' User-Agent.
constexpr std::string_view kSdks[] = {
    "AWS-SageMaker-Python-SDK/1.",      // 1.x in front, with botocore before 1.31
    "AWS-SageMaker-Python-SDK/2.",      // 2.x before boto's new form
    "lib/AWS-SageMaker-Python-SDK#2.",  // 2.x since: user_agent_extra, at the end
};

// Whether "m/b,E,B", the list of botocore features in use, names this one.
bool HasFeature(const std::vector<std::string_view>& words, std::string_view feature) {
  for (const std::string_view word : words) {
    if (!word.starts_with("m/")) continue;
    const auto features = Split(word.substr(2), ',');
    if (std::ranges::find(features, feature) != features.end()) return true;
  }
  return false;
}

Hold HoldOn(metastore::RecordStore& records, metastore::Key key, TimePoint until) {
  return {.until = until, .watch = [&records, key = std::move(key)](std::function<void()> changed) {
            return std::shared_ptr<void>(records.watch().Subscribe(key, std::move(changed)));
          }};
}

TimePoint CreationOf(const Json& result) {
  return FromEpochSeconds(result.GetDouble("CreationTime"));
}

// A job made by fit() of SDK v1: it alone sends these settings among the hyperparameters, the job's own name in one.
bool MadeByFit(const Json& result) {
  const Json* settings = result.Find("HyperParameters");
  return settings != nullptr && settings->Has("sagemaker_enable_cloudwatch_metrics") &&
         settings->GetString("sagemaker_job_name") ==
             Json(result.GetString("TrainingJobName")).Dump();
}

// An endpoint made by deploy() of SDK v1: named as its configuration is, with an empty list of tags.
bool MadeByDeploy(metastore::RecordStore& records, const metastore::Key& key, const Json& result) {
  if (result.GetString("EndpointConfigName") != key.name) return false;
  const auto record = records.Get(key);
  return record.ok() && record->document.GetBool(kEmptyTags);
}

}  // namespace

Client ClientOf(std::string_view user_agent) {
  if (std::ranges::any_of(kSdks, [&](std::string_view word) {
        return user_agent.find(word) != std::string_view::npos;
      }))
    return Client::kSdk;
  const auto words = Split(user_agent, ' ');
  if (HasFeature(words, "B")) return Client::kWaiter;
  // The form since botocore 1.31; other libraries add their name as lib/….
  const auto begins = [&](std::string_view prefix) {
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return word.starts_with(prefix); });
  };
  if (user_agent.starts_with("Boto3/") && begins("md/Botocore#") && !begins("lib/"))
    return Client::kPlainBoto3;
  return Client::kOther;
}

void NoteWhoCreatedEndpoint(const Json& input, metastore::Record* record) {
  if (const Json* tags = input.Find("Tags"); tags != nullptr && tags->size() == 0)
    record->document[kEmptyTags] = true;
}

HoldRule HoldTrainingJob(metastore::RecordStore& records) {
  return [&records](const RequestContext& context, const Json&,
                    const Json& result) -> std::optional<Hold> {
    const std::string status = result.GetString("TrainingJobStatus");
    if (std::ranges::count(orchestrator::kUnfinishedStatuses, status) == 0) return std::nullopt;
    const TimePoint created = CreationOf(result);
    const bool is_ending =
        status == "Stopping" || result.GetString("SecondaryStatus") == "Uploading";
    const auto hold_from = [&](TimePoint from) {
      return HoldOn(records, KeyOf(kTrainingJob, context, result.GetString("TrainingJobName")),
                    from + kAtMost);
    };
    switch (ClientOf(context.user_agent)) {
      case Client::kSdk:
        return hold_from(is_ending ? context.now : created);
      case Client::kWaiter:  // reads no log meanwhile
        return hold_from(context.now);
      case Client::kPlainBoto3:
        if (context.now - created < kAtOnce && MadeByFit(result)) return hold_from(created);
        return std::nullopt;
      case Client::kOther:
        return std::nullopt;
    }
    return std::nullopt;
  };
}

HoldRule HoldEndpoint(metastore::RecordStore& records) {
  return [&records](const RequestContext& context, const Json&,
                    const Json& result) -> std::optional<Hold> {
    const std::string status = result.GetString("EndpointStatus");
    const bool is_coming = status == "Creating" || status == "Updating";
    const auto key = KeyOf(kEndpoint, context, result.GetString("EndpointName"));
    const Hold hold = HoldOn(records, key, context.now + kAtMost);
    switch (ClientOf(context.user_agent)) {
      case Client::kSdk:
        return is_coming ? std::optional(hold) : std::nullopt;
      case Client::kWaiter:  // for the end of one that is deleted, too
        return is_coming || status == "Deleting" ? std::optional(hold) : std::nullopt;
      case Client::kPlainBoto3:
        if (status == "Creating" && context.now - CreationOf(result) < kAtOnce &&
            MadeByDeploy(records, key, result))
          return hold;
        return std::nullopt;
      case Client::kOther:
        return std::nullopt;
    }
    return std::nullopt;
  };
}

}  // namespace sagebrush::services::sagemaker
