// SPDX-License-Identifier: Apache-2.0
// Endpoints (kind "endpoint"; document: request, state). See endpoint.h for what moves them. After every pass the router is
// told which instances are ready.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/controller.h"
#include "orchestrator/endpoint.h"

namespace sagebrush::orchestrator {

// What routes invocations needs to know; apps/ plugs serving's router in.
struct RouteVariant {
  std::string name;
  double weight = 1;
  std::vector<std::string> instances;
};
struct RoutePublisher {
  std::function<void(const std::string& endpoint_key, std::vector<RouteVariant>)>
      publish;  // key: "account/region/name"
  std::function<void(const std::string& endpoint_key)> withdraw;
};

class EndpointController final : public Controller {
 public:
  EndpointController(const Workshop& workshop, RoutePublisher routes)
      : workshop_(workshop), routes_(std::move(routes)) {}
  Status Reconcile() override;
  Status Shutdown() override;

 private:
  // `running`: what is reserved, to which it adds what it creates.
  Status ReconcileOne(const metastore::Record& record, const std::vector<Instance>& all,
                      std::vector<RunningInstance>* running);
  Status CommitStep(const metastore::Record& record, const EndpointStep& step);
  Status StartInstance(const metastore::Key& key, const EndpointState& state,
                       const std::string& id);
  RuntimeStatus LookAtLibrary(const HostingPlan& plan);
  void Publish(const metastore::Key& key, const EndpointState& state);

  const Workshop workshop_;
  const RoutePublisher routes_;
};

}  // namespace sagebrush::orchestrator
