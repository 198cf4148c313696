// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/endpoint.h"

#include <algorithm>

namespace sagebrush::orchestrator {

namespace {

constexpr std::chrono::seconds kFirstPause{1};
constexpr std::chrono::seconds kLongestPause{60};
// New instances for one that was taken down while it came up.
constexpr int kSecondChances = 2;

enum class Health { kStarting, kReady, kDead };

struct Seen {
  Health health = Health::kStarting;
  bool absent = false;
  bool taken_down = false;  // dead without a word of its own: the server's Ctrl-C, a reboot
  std::string why;
};

Seen Look(const std::string& id, const EndpointObservation& observation) {
  const auto it = observation.instances.find(id);
  if (it == observation.instances.end())
    return {.health = Health::kStarting, .absent = true, .taken_down = false, .why = {}};
  const auto& [instance, silence, reports] = it->second;
  Seen seen{.health = Health::kStarting,
            .absent = instance.state == InstanceObservation::State::kAbsent,
            .taken_down = false,
            .why = {}};
  for (const auto& report : reports) {
    if (report.phase == "Ready") seen.health = Health::kReady;
    if (report.phase == "Failed" || report.phase == "Stopped") {
      seen.health = Health::kDead;
      seen.why = report.failure;
    }
  }
  if (seen.health != Health::kDead && seen.absent && !reports.empty()) {
    seen.health = Health::kDead;  // it ran: its record's reports would be taken for the next one's
    seen.why = "the container has vanished from its machine";
  }
  if (seen.health != Health::kDead && instance.state == InstanceObservation::State::kRunning &&
      silence > kLongestSilence) {
    seen.health = Health::kDead;
    seen.why = "its agent has not answered for " + std::to_string(kLongestSilence.count()) + " s";
  }
  if (seen.health != Health::kDead && instance.state == InstanceObservation::State::kExited) {
    seen.health = Health::kDead;
    seen.taken_down = !instance.out_of_memory;
    seen.why = instance.out_of_memory
                   ? "the container used more memory than it was given and was killed"
                   : "the container ended unexpectedly";
  }
  return seen;
}

void Leave(EndpointState* state, std::optional<Generation>* generation) {
  if (!*generation) return;
  for (const auto& variant : (*generation)->variants)
    for (const auto& instance : variant.instances)
      if (!instance.id.empty()) state->leaving.push_back(instance.id);
  generation->reset();
}

// The coming generation cannot come up. One that serves goes on serving, as on AWS.
void FailComing(EndpointStep* step, std::string reason) {
  EndpointState& state = step->next;
  Leave(&state, &state.coming);
  // What this very step would have made has no record yet: it is simply not made.
  for (const auto& id : step->create) std::erase(state.leaving, id);
  step->create.clear();
  state.failure_reason = std::move(reason);
  state.status = state.serving ? "InService" : "Failed";
}

void AdvanceComing(EndpointStep* step, const EndpointObservation& observation,
                   const std::function<std::string()>& new_id) {
  EndpointState& state = step->next;
  bool all_ready = true;
  for (auto& variant : state.coming->variants) {
    const auto runtime = observation.runtimes.find(variant.name);
    const auto standing = runtime == observation.runtimes.end() ? RuntimeStatus::State::kMaking
                                                                : runtime->second.state;
    if (standing == RuntimeStatus::State::kFailed) return FailComing(step, runtime->second.text);
    for (auto& instance : variant.instances) {
      if (instance.id.empty()) {
        all_ready = false;
        if (standing != RuntimeStatus::State::kReady) continue;
        if (!observation.fits)
          return FailComing(step,
                            "Unable to provision requested ML compute capacity due to "
                            "InsufficientInstanceCapacity error: this machine's memory is "
                            "reserved by other endpoints, notebooks and jobs. Delete some, or "
                            "choose a smaller instance type.");
        instance.id = new_id();
        step->create.push_back(instance.id);
        continue;
      }
      const Seen seen = Look(instance.id, observation);
      if (seen.taken_down && instance.failures < kSecondChances) {
        state.leaving.push_back(instance.id);
        instance.id.clear();
        ++instance.failures;
        all_ready = false;
        continue;
      }
      if (seen.health == Health::kDead)
        return FailComing(step, "The primary container for production variant " + variant.name +
                                    " did not pass the ping health check. Please check "
                                    "CloudWatch logs for this endpoint." +
                                    (seen.why.empty() ? "" : " (" + seen.why + ")"));
      if (seen.absent && seen.health == Health::kStarting) step->start.push_back(instance.id);
      instance.ready = seen.health == Health::kReady;
      all_ready = all_ready && instance.ready;
    }
  }
  if (!all_ready) return;
  Leave(&state, &state.serving);
  state.serving = std::move(state.coming);
  state.coming.reset();
  state.status = "InService";
  state.failure_reason.clear();
}

void KeepServing(EndpointStep* step, const EndpointObservation& observation, TimePoint now,
                 const std::function<std::string()>& new_id) {
  for (auto& variant : step->next.serving->variants) {
    for (auto& instance : variant.instances) {
      if (instance.id.empty()) {
        if (now < instance.not_before.value_or(now)) continue;
        instance.id = new_id();
        step->create.push_back(instance.id);
        continue;
      }
      const Seen seen = Look(instance.id, observation);
      instance.ready = seen.health == Health::kReady && !seen.absent;
      if (instance.ready) {
        instance.failures = 0;
      } else if (seen.health == Health::kDead) {
        step->next.leaving.push_back(instance.id);
        instance.id.clear();
        const auto pause = std::min<std::chrono::seconds>(
            kLongestPause, kFirstPause * (1 << std::min(instance.failures, 6)));
        instance.not_before = now + pause;
        ++instance.failures;
      } else if (seen.absent) {
        step->start.push_back(instance.id);
      }
    }
  }
}

}  // namespace

EndpointState UpdateRequested(EndpointState state, Generation coming) {
  state.coming = std::move(coming);
  state.status = "Updating";
  state.failure_reason.clear();
  return state;
}

EndpointState DeleteRequested(EndpointState state) {
  state.status = "Deleting";
  return state;
}

EndpointStep Step(const EndpointState& state, const EndpointObservation& observation, TimePoint now,
                  const std::function<std::string()>& new_id) {
  EndpointStep step{.next = state, .create = {}, .start = {}, .remove = {}};
  EndpointState& next = step.next;
  if (next.status == "Deleting") {
    Leave(&next, &next.coming);
    Leave(&next, &next.serving);
  }
  if (next.serving) KeepServing(&step, observation, now, new_id);
  if (next.coming) AdvanceComing(&step, observation, new_id);
  // What has left and is gone is forgotten; the rest is to be removed.
  std::erase_if(next.leaving, [&](const std::string& id) {
    return !observation.instances.contains(id) &&
           std::find(state.leaving.begin(), state.leaving.end(), id) != state.leaving.end();
  });
  step.remove = next.leaving;
  return step;
}

namespace {

Json ToJson(const Generation& generation) {
  Json json = Json::Object({{"config_name", generation.config_name}, {"variants", Json::Array()}});
  for (const auto& variant : generation.variants) {
    Json entry = Json::Object({{"name", variant.name},
                               {"weight", variant.weight},
                               {"plan", variant.plan.ToJson()},
                               {"instances", Json::Array()}});
    for (const auto& instance : variant.instances) {
      Json slot = Json::Object(
          {{"id", instance.id}, {"ready", instance.ready}, {"failures", instance.failures}});
      if (instance.not_before) slot["not_before"] = ToMillis(*instance.not_before);
      entry["instances"].Append(std::move(slot));
    }
    json["variants"].Append(std::move(entry));
  }
  return json;
}

std::optional<Generation> GenerationFrom(const Json* json) {
  if (json == nullptr || !json->is_object()) return std::nullopt;
  Generation generation{.config_name = json->GetString("config_name"), .variants = {}};
  for (const auto& entry : json->Find("variants")->AsArray()) {
    EndpointVariant variant{.name = entry.GetString("name"),
                            .weight = entry.GetDouble("weight"),
                            .plan = HostingPlan::FromJson(*entry.Find("plan")),
                            .instances = {}};
    for (const auto& slot : entry.Find("instances")->AsArray()) {
      EndpointInstance instance{.id = slot.GetString("id"),
                                .ready = slot.GetBool("ready"),
                                .failures = static_cast<int>(slot.GetInt("failures")),
                                .not_before = {}};
      if (slot.Has("not_before")) instance.not_before = FromMillis(slot.GetInt("not_before"));
      variant.instances.push_back(std::move(instance));
    }
    generation.variants.push_back(std::move(variant));
  }
  return generation;
}

}  // namespace

Json EndpointState::ToJson() const {
  Json json = Json::Object(
      {{"status", status}, {"failure_reason", failure_reason}, {"leaving", Json::Array()}});
  if (serving) json["serving"] = orchestrator::ToJson(*serving);
  if (coming) json["coming"] = orchestrator::ToJson(*coming);
  for (const auto& id : leaving) json["leaving"].Append(id);
  return json;
}

EndpointState EndpointState::FromJson(const Json& json) {
  EndpointState state;
  state.status = json.GetString("status");
  state.failure_reason = json.GetString("failure_reason");
  state.serving = GenerationFrom(json.Find("serving"));
  state.coming = GenerationFrom(json.Find("coming"));
  if (const Json* leaving = json.Find("leaving"); leaving != nullptr && leaving->is_array())
    for (const auto& id : leaving->AsArray()) state.leaving.push_back(id.AsString());
  return state;
}

}  // namespace sagebrush::orchestrator
