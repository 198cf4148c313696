// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/training_job.h"

#include <csignal>

#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

// The agent keeps the time and the grace; the loop steps in only when it plainly does not.
constexpr std::chrono::minutes kStopPatience{12};
constexpr std::size_t kMaxFailureReason = 1024;  // DescribeTrainingJob's FailureReason
const std::string kOutOfMemory =
    "AlgorithmError: OutOfMemoryError: the training job used more memory than its instance was "
    "given and "
    "was killed, exit code: 137";
constexpr std::chrono::minutes kRuntimePatience{30};

// AWS's sentence for each secondary status.
std::string MessageFor(const std::string& secondary) {
  if (secondary == "Starting") return "Preparing the instances for training";
  if (secondary == "Downloading") return "Downloading input data";
  if (secondary == "DownloadingTrainingImage") return "Downloading the training image";
  if (secondary == "Training") return "Training image download completed. Training in progress.";
  if (secondary == "Uploading") return "Uploading generated training model";
  if (secondary == "Stopping") return "Stopping the training job";
  if (secondary == "Completed") return "Training job completed";
  if (secondary == "Stopped") return "Training job stopped";
  if (secondary == "MaxRuntimeExceeded")
    return "Training job runtime exceeded MaxRuntimeInSeconds provided";
  if (secondary == "Failed") return "Training job failed";
  return secondary;
}

void Enter(TrainingState* state, const std::string& secondary, std::string message, TimePoint at) {
  if (!state->transitions.empty()) {
    auto& last = state->transitions.back();
    if (last.status == secondary) {  // the same place, something new to say
      last.message = std::move(message);
      return;
    }
    at = std::max(at, last.start);  // agents' and our clock are one, but a clock may be set back
    last.end = at;
  }
  state->secondary = secondary;
  state->transitions.push_back(
      {.status = secondary, .message = std::move(message), .start = at, .end = std::nullopt});
}

void End(TrainingState* state, const std::string& status, const std::string& secondary,
         std::string message, TimePoint at) {
  Enter(state, secondary, std::move(message), at);
  state->transitions.back().end = state->transitions.back().start;
  state->status = status;
  state->ended = state->transitions.back().start;
}

void Fail(TrainingState* state, std::string_view reason, TimePoint at) {
  state->failure_reason = FirstCharacters(reason, kMaxFailureReason);
  End(state, "Failed", "Failed", MessageFor("Failed"), at);
}

void Apply(TrainingState* state, const Report& report) {
  const std::string& phase = report.phase;
  if (phase == "Downloading" || phase == "Uploading") {
    Enter(state, phase, MessageFor(phase), report.at);
  } else if (phase == "Training") {
    Enter(state, phase, MessageFor(phase), report.at);
    state->training_started = report.at;
  } else if (phase == "Stopping") {
    state->status = "Stopping";
    Enter(state, "Stopping", MessageFor("Stopping"), report.at);
  } else if (phase == "Completed") {
    state->has_model = true;
    End(state, "Completed", "Completed", MessageFor("Completed"), report.at);
  } else if (phase == "Stopped") {
    state->has_model = state->training_started.has_value();
    const std::string secondary =
        report.message == "MaxRuntimeExceeded" ? "MaxRuntimeExceeded" : "Stopped";
    End(state, "Stopped", secondary, MessageFor(secondary), report.at);
  } else if (phase == "Failed") {
    Fail(state, report.failure, report.at);
  }
}

}  // namespace

std::optional<TimePoint> TrainingState::instance_started() const {
  for (const auto& transition : transitions)
    if (transition.status == "Downloading" || transition.status == "Training")
      return transition.start;
  return std::nullopt;
}

TrainingState NewTrainingState(TimePoint now) {
  TrainingState state;
  Enter(&state, "Starting", MessageFor("Starting"), now);
  return state;
}

TrainingState StopRequested(TrainingState state, TimePoint now) {
  state.stop_requested = true;
  state.stop_requested_at = now;
  state.status = "Stopping";
  return state;
}

TrainingState Failed(TrainingState state, const std::string& reason, TimePoint now) {
  Fail(&state, reason, now);
  return state;
}

TrainingStep Step(const TrainingState& state, const TrainingObservation& seen,
                  std::chrono::seconds max_runtime, TimePoint now) {
  TrainingStep step{.next = state};
  TrainingState& next = step.next;
  if (next.is_terminal()) return step;

  if (next.instance.empty()) {
    if (next.stop_requested) {
      End(&next, "Stopped", "Stopped", MessageFor("Stopped"), now);
    } else if (seen.runtime.state == RuntimeStatus::State::kFailed) {
      Fail(&next, "InternalServerError: " + seen.runtime.text, now);
    } else if (seen.runtime.state == RuntimeStatus::State::kMaking) {
      Enter(&next, "DownloadingTrainingImage",
            MessageFor("DownloadingTrainingImage") +
                " (making the runtime on first use: " + seen.runtime.text + ")",
            now);
    } else if (!seen.admitted) {
      Enter(&next, "Pending", seen.waits_for, now);
    } else {
      Enter(&next, "Starting", MessageFor("Starting"), now);
      step.action = TrainingAction::kCreateInstance;
    }
    return step;
  }

  for (const auto& report : seen.reports) {
    if (report.number <= next.reports_applied) continue;
    next.reports_applied = report.number;
    Apply(&next, report);
    // The agent sees a signal; that it was for memory, only the cgroup knows.
    if (report.phase == "Failed" && report.exit_code == 128 + SIGKILL &&
        seen.instance.out_of_memory)
      next.failure_reason = kOutOfMemory;
    if (next.is_terminal()) return step;
  }

  switch (seen.instance.state) {
    case InstanceObservation::State::kAbsent:
      // Recorded, but the server died before it could start it. What has run is never run again.
      if (next.stop_requested)
        End(&next, "Stopped", "Stopped", MessageFor("Stopped"), now);
      else if (next.reports_applied > 0)
        Fail(&next, "InternalServerError: the training instance has vanished from its machine",
             now);
      else if (seen.runtime.state == RuntimeStatus::State::kFailed)
        Fail(&next, "InternalServerError: " + seen.runtime.text, now);
      else
        step.action = TrainingAction::kStartInstance;
      return step;
    case InstanceObservation::State::kExited:
      // Its last reports have been read: it ended without saying how, or we had to kill it because it would not stop.
      if (next.stop_requested && !seen.instance.out_of_memory) {
        End(&next, "Stopped", "Stopped", MessageFor("Stopped"), now);
        return step;
      }
      Fail(&next,
           seen.instance.out_of_memory
               ? kOutOfMemory
               : "InternalServerError: the training instance ended unexpectedly (exit code " +
                     std::to_string(seen.instance.exit_code) + ")",
           now);
      return step;
    case InstanceObservation::State::kPending:
    case InstanceObservation::State::kRunning:
      break;
  }

  // The agent keeps time, ships logs and stops the program; without it nobody would ever say how this ends. Once the job is
  // over the loop lets the instance go, and kills it.
  if (seen.instance.state == InstanceObservation::State::kRunning &&
      seen.silence > kLongestSilence) {
    if (next.stop_requested)
      End(&next, "Stopped", "Stopped", MessageFor("Stopped"), now);
    else
      Fail(&next,
           "InternalServerError: the training instance runs but its agent has not answered for " +
               std::to_string(kLongestSilence.count()) +
               " s (it was stopped, or hangs): the instance was killed",
           now);
    return step;
  }

  if (next.stop_requested) {
    next.status = "Stopping";
    if (next.secondary != "Uploading") Enter(&next, "Stopping", MessageFor("Stopping"), now);
    const bool out_of_patience =
        next.stop_requested_at && now - *next.stop_requested_at > kStopPatience;
    step.action = out_of_patience ? TrainingAction::kKillInstance : TrainingAction::kStopInstance;
    return step;
  }
  if (next.training_started && now - *next.training_started > max_runtime + kRuntimePatience &&
      next.secondary == "Training")
    step.action = TrainingAction::kKillInstance;
  return step;
}

namespace {

void Put(Json* json, const char* name, const std::optional<TimePoint>& time) {
  if (time) (*json)[name] = ToMillis(*time);
}

std::optional<TimePoint> Take(const Json& json, const char* name) {
  const Json* value = json.Find(name);
  return value != nullptr && value->is_number() ? std::optional(FromMillis(value->AsInt()))
                                                : std::nullopt;
}

}  // namespace

Json TrainingState::ToJson() const {
  Json json = Json::Object({{"status", status},
                            {"secondary", secondary},
                            {"instance", instance},
                            {"reports_applied", reports_applied},
                            {"stop_requested", stop_requested},
                            {"failure_reason", failure_reason},
                            {"has_model", has_model}});
  Put(&json, "stop_requested_at", stop_requested_at);
  Put(&json, "training_started", training_started);
  Put(&json, "ended", ended);
  json["transitions"] = Json::Array();
  for (const auto& transition : transitions) {
    Json entry = Json::Object({{"status", transition.status},
                               {"message", transition.message},
                               {"start", ToMillis(transition.start)}});
    Put(&entry, "end", transition.end);
    json["transitions"].Append(std::move(entry));
  }
  return json;
}

TrainingState TrainingState::FromJson(const Json& json) {
  TrainingState state;
  state.status = json.GetString("status");
  state.secondary = json.GetString("secondary");
  state.instance = json.GetString("instance");
  state.reports_applied = static_cast<int>(json.GetInt("reports_applied"));
  state.stop_requested = json.GetBool("stop_requested");
  state.failure_reason = json.GetString("failure_reason");
  state.has_model = json.GetBool("has_model");
  state.stop_requested_at = Take(json, "stop_requested_at");
  state.training_started = Take(json, "training_started");
  state.ended = Take(json, "ended");
  if (const Json* transitions = json.Find("transitions");
      transitions != nullptr && transitions->is_array())
    for (const auto& entry : transitions->AsArray())
      state.transitions.push_back({.status = entry.GetString("status"),
                                   .message = entry.GetString("message"),
                                   .start = FromMillis(entry.GetInt("start")),
                                   .end = Take(entry, "end")});
  return state;
}

}  // namespace sagebrush::orchestrator
