// SPDX-License-Identifier: Apache-2.0
// An endpoint's life as a pure function. An endpoint has generations: the one that serves and, while it is created or updated,
// the one that is coming up; the new one takes over when all its instances are ready (blue/green), and only then the old one
// goes. A serving instance that dies is replaced.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "orchestrator/backend.h"
#include "orchestrator/instances.h"
#include "orchestrator/plan.h"
#include "orchestrator/runtime_status.h"

namespace sagebrush::orchestrator {

struct EndpointInstance {
  std::string id;  // "" until it is created
  bool ready = false;
  int failures = 0;  // times it was replaced, for the pause before the next try
  std::optional<TimePoint> not_before;
};

struct EndpointVariant {
  std::string name;
  double weight = 1;
  HostingPlan plan;
  std::vector<EndpointInstance> instances;  // as many as are wanted
};

struct Generation {
  std::string config_name;
  std::vector<EndpointVariant> variants;
};

struct EndpointState {
  std::string status = "Creating";  // Creating, Updating, InService, Failed, Deleting
  std::string failure_reason;
  std::optional<Generation> serving;
  std::optional<Generation> coming;
  std::vector<std::string> leaving;  // instances to remove

  Json ToJson() const;
  static EndpointState FromJson(const Json& json);
};

// What a user's wish makes of a state; the loop does the rest. Who calls has looked that the endpoint may.
EndpointState UpdateRequested(EndpointState state, Generation coming);
EndpointState DeleteRequested(EndpointState state);

struct EndpointInstanceObservation {
  InstanceObservation instance;
  std::chrono::milliseconds silence{0};  // as TrainingObservation's
  std::vector<Report> reports;
};

struct EndpointObservation {
  std::map<std::string, EndpointInstanceObservation> instances;  // by id
  std::map<std::string, RuntimeStatus> runtimes;  // by variant name, of `coming` and `serving`
  bool fits = true;                               // memory for the instances still to be created
};

struct EndpointStep {
  EndpointState next;
  // Slots whose id is new in `next`, to be created and started; and ids to be started again (recorded, never started).
  std::vector<std::string> create;
  std::vector<std::string> start;
  std::vector<std::string> remove;  // tell, kill and remove
};

// `new_id` gives a fresh instance id.
EndpointStep Step(const EndpointState& state, const EndpointObservation& observation, TimePoint now,
                  const std::function<std::string()>& new_id);

}  // namespace sagebrush::orchestrator
