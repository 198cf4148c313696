// SPDX-License-Identifier: Apache-2.0
// A training job's life as a pure function: next = Step(state, observation, now). The reconcile loop does what it says.
// Statuses, secondary statuses and their messages: SageMaker API reference, DescribeTrainingJob, SecondaryStatusTransition.
//
//   Pending* → DownloadingTrainingImage* → Starting → Downloading → Training → Uploading → Completed | Failed | Stopped
//   (* only when it has to wait for its turn, or for a runtime that is made on first use)
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "orchestrator/backend.h"
#include "orchestrator/instances.h"
#include "orchestrator/runtime_status.h"

namespace sagebrush::orchestrator {

struct Transition {
  std::string status;
  std::string message;
  TimePoint start{};
  std::optional<TimePoint> end;
  bool operator==(const Transition&) const = default;
};

// The statuses of a job that is not over.
inline const std::vector<std::string> kUnfinishedStatuses = {"InProgress", "Stopping"};

struct TrainingState {
  std::string status = "InProgress";  // InProgress, Stopping, Completed, Failed, Stopped
  std::string secondary = "Starting";
  std::vector<Transition> transitions;
  std::string instance;  // id; "" before there is one
  int reports_applied = 0;
  bool stop_requested = false;
  std::optional<TimePoint> stop_requested_at, training_started, ended;
  std::string failure_reason;
  bool has_model = false;  // the model has been stored

  // When the job began to use its instance: with the download of its data (DescribeTrainingJob's TrainingStartTime, from
  // which AWS bills). `training_started` is when its program began.
  std::optional<TimePoint> instance_started() const;
  bool is_terminal() const { return std::ranges::count(kUnfinishedStatuses, status) == 0; }
  Json ToJson() const;
  static TrainingState FromJson(const Json& json);
  bool operator==(const TrainingState&) const = default;
};

// The state of a job that was just created.
TrainingState NewTrainingState(TimePoint now);
// The state of a job that its user wants to stop: the loop passes the wish on.
TrainingState StopRequested(TrainingState state, TimePoint now);
// The state of a job that ends here because of us: it could not be started, or the server takes its workloads down.
TrainingState Failed(TrainingState state, const std::string& reason, TimePoint now);

struct TrainingObservation {
  RuntimeStatus runtime;
  bool admitted = false;
  std::string waits_for;         // when it is not
  InstanceObservation instance;  // looked at before the reports were read
  // For how long its agent has not been there, as far as this server knows. Of no record: a new server gives it time anew.
  std::chrono::milliseconds silence{0};
  std::vector<Report> reports;
};

enum class TrainingAction { kNone, kCreateInstance, kStartInstance, kStopInstance, kKillInstance };

struct TrainingStep {
  TrainingState next;
  TrainingAction action = TrainingAction::kNone;
};

TrainingStep Step(const TrainingState& state, const TrainingObservation& observation,
                  std::chrono::seconds max_runtime, TimePoint now);

}  // namespace sagebrush::orchestrator
