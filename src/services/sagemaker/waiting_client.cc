// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/waiting_client.h"

#include <algorithm>

#include "services/sagemaker/resource_type.h"

namespace sagebrush::services::sagemaker {

namespace {

constexpr std::chrono::seconds kAtMost{20};

// Words that stand in a waiting client's User-Agent.
constexpr std::string_view kSleepers[] = {
    "AWS-SageMaker-Python-SDK/1.",  // 1.x in front: "AWS-SageMaker-Python-SDK/1.72.1 Python/… Boto3/…"
    "AWS-SageMaker-Python-SDK/2.",      // 2.x before boto's new form
    "lib/AWS-SageMaker-Python-SDK#2.",  // 2.x since: user_agent_extra, at the end
};

Hold HoldOn(metastore::RecordStore& records, metastore::Key key, TimePoint until) {
  return {.until = until, .watch = [&records, key = std::move(key)](std::function<void()> changed) {
            return std::shared_ptr<void>(records.watch().Subscribe(key, std::move(changed)));
          }};
}

}  // namespace

bool SleepsBetweenLooks(std::string_view user_agent) {
  return std::ranges::any_of(kSleepers, [&](std::string_view word) {
    return user_agent.find(word) != std::string_view::npos;
  });
}

HoldRule HoldTrainingJob(metastore::RecordStore& records) {
  return [&records](const RequestContext& context, const Json&,
                    const Json& result) -> std::optional<Hold> {
    if (!SleepsBetweenLooks(context.user_agent)) return std::nullopt;
    const std::string status = result.GetString("TrainingJobStatus");
    if (status != "InProgress" && status != "Stopping") return std::nullopt;
    const bool is_ending =
        status == "Stopping" || result.GetString("SecondaryStatus") == "Uploading";
    const TimePoint from =
        is_ending ? context.now : FromEpochSeconds(result.GetDouble("CreationTime"));
    return HoldOn(records, KeyOf(kTrainingJob, context, result.GetString("TrainingJobName")),
                  from + kAtMost);
  };
}

HoldRule HoldEndpoint(metastore::RecordStore& records) {
  return [&records](const RequestContext& context, const Json&,
                    const Json& result) -> std::optional<Hold> {
    if (!SleepsBetweenLooks(context.user_agent)) return std::nullopt;
    const std::string status = result.GetString("EndpointStatus");
    if (status != "Creating" && status != "Updating") return std::nullopt;
    return HoldOn(records, KeyOf(kEndpoint, context, result.GetString("EndpointName")),
                  context.now + kAtMost);
  };
}

}  // namespace sagebrush::services::sagemaker
