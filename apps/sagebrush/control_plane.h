// SPDX-License-Identifier: Apache-2.0
// The tree of everything a server is made of: engines below, services above, and the threads between them (members are
// destroyed in reverse order, so each outlives what borrows it). It listens to no port; server_command does.
#pragma once

#include <memory>
#include <vector>

#include "apps/sagebrush/instance_access.h"
#include "apps/sagebrush/request_chain.h"
#include "apps/sagebrush/server_options.h"
#include "base/file.h"
#include "http/certificate_authority.h"
#include "http/server.h"
#include "iam/identity.h"
#include "iam/roles.h"
#include "logstore/log_store.h"
#include "metastore/database.h"
#include "metastore/record_store.h"
#include "metricstore/metric_store.h"
#include "objectstore/object_store.h"
#include "orchestrator/agent_hub.h"
#include "orchestrator/backend.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/instance_runner.h"
#include "orchestrator/instances.h"
#include "orchestrator/package_store.h"
#include "orchestrator/reconciler.h"
#include "orchestrator/runtime_maker.h"
#include "services/sagemaker_metrics/invocation_metrics.h"
#include "services/sagemaker_metrics/job_metrics.h"
#include "services/sagemaker_metrics/metric_flusher.h"
#include "services/service.h"
#include "serving/router.h"

namespace sagebrush::apps {

class ControlPlane {
 public:
  // Opens the data folder (kFailedPrecondition if another server has it) and builds everything; nothing runs yet.
  static Result<std::unique_ptr<ControlPlane>> Open(const ServerOptions& options,
                                                    const Clock& clock);
  ~ControlPlane();

  // Serves what instances ask on their own sockets through `server`, finds what still runs, and starts the loop.
  Status Start(http::Server& server);
  // The loop stands still; workloads stay as they are.
  void Stop();
  // After Stop, or without Start: ends all workloads.
  Status Shutdown();

  RequestChain& chain() { return *chain_; }
  http::CertificateAuthority& certificates() { return *certificates_; }
  const std::vector<services::Service*>& services() const { return service_list_; }
  const iam::IdentityFiles& identity() const { return *identity_; }

 private:
  ControlPlane(const ServerOptions& options, const Clock& clock)
      : options_(options), clock_(clock) {}
  Status OpenStores();
  Status BuildOrchestrator();
  void BuildServices();
  Result<std::int64_t> StoreLogs(const orchestrator::Instance& instance, std::int64_t first,
                                 std::vector<orchestrator::LogLine> lines);
  Status WriteInstanceBundle();

  const ServerOptions options_;
  const Clock& clock_;
  http::Server* server_ = nullptr;  // borrowed between Start and the end

  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<metastore::Database> database_;
  std::unique_ptr<metastore::RecordStore> records_;
  std::unique_ptr<objectstore::ObjectStore> objects_;
  std::unique_ptr<logstore::LogStore> logs_;
  std::unique_ptr<metricstore::MetricStore> metrics_;
  std::unique_ptr<services::sagemaker_metrics::JobMetrics> job_metrics_;
  std::unique_ptr<services::sagemaker_metrics::InvocationMetrics> invocation_metrics_;
  std::unique_ptr<services::sagemaker_metrics::MetricFlusher> metric_flusher_;
  std::unique_ptr<iam::IdentityFiles> identity_;
  std::unique_ptr<iam::Roles> roles_;
  std::unique_ptr<iam::Authorizer> authorizer_;
  std::unique_ptr<http::CertificateAuthority> certificates_;

  std::unique_ptr<orchestrator::PackageStore> packages_;
  std::unique_ptr<orchestrator::Catalogue> catalogue_;
  std::unique_ptr<orchestrator::Backend> backend_;
  std::unique_ptr<orchestrator::Reconciler> reconciler_;  // before all that nudges it
  std::unique_ptr<orchestrator::RuntimeMaker> runtimes_;
  std::unique_ptr<orchestrator::Instances> instances_;
  std::unique_ptr<orchestrator::AgentHub> hub_;
  std::unique_ptr<orchestrator::InstanceRunner> runner_;
  std::unique_ptr<serving::Dialer> dialer_;
  std::unique_ptr<serving::Router> router_;

  std::vector<std::unique_ptr<services::Service>> services_;
  std::vector<services::Service*> service_list_;
  std::unique_ptr<InstanceAccess> access_;
  std::unique_ptr<RequestChain> chain_;
};

}  // namespace sagebrush::apps
