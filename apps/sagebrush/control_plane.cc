// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/control_plane.h"

#include <cstdlib>

#include "base/log.h"
#include "orchestrator/backends/process/process_backend.h"
#include "orchestrator/endpoint_controller.h"
#include "orchestrator/pip_configuration.h"
#include "orchestrator/training_controller.h"
#include "services/cloudwatch/cloudwatch_service.h"
#include "services/iam/iam_service.h"
#include "services/logs/logs_service.h"
#include "services/s3/s3_service.h"
#include "services/sagemaker/sagemaker_service.h"
#include "services/sagemaker_metrics/instance_metrics.h"
#include "services/sagemaker_runtime/runtime_service.h"
#include "services/sts/sts_service.h"

namespace sagebrush::apps {

namespace {

constexpr char kSystemBundle[] = "/etc/ssl/certs/ca-certificates.crt";

// What pip inside instances is told of this machine.
Json PipVariables() {
  const auto settings = orchestrator::PipConfigurationOfThisMachine([](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  });
  for (const auto& sentence : settings.left_out) LogInfo("packages", sentence);
  Json variables = Json::Object();
  for (const auto& [name, value] : settings.variables) variables[name] = value;
  return variables;
}

class HubDialer final : public serving::Dialer {
 public:
  explicit HubDialer(orchestrator::AgentHub& hub) : hub_(hub) {}
  Result<UniqueFd> Dial(const std::string& instance_id, int port,
                        std::chrono::milliseconds timeout) override {
    return hub_.Dial(instance_id, port, timeout);
  }

 private:
  orchestrator::AgentHub& hub_;
};

}  // namespace

Result<std::unique_ptr<ControlPlane>> ControlPlane::Open(const ServerOptions& options,
                                                         const Clock& clock) {
  std::unique_ptr<ControlPlane> plane(new ControlPlane(options, clock));
  RETURN_IF_ERROR(plane->OpenStores());
  RETURN_IF_ERROR(plane->BuildOrchestrator());
  plane->BuildServices();
  return plane;
}

ControlPlane::~ControlPlane() { Stop(); }

Status ControlPlane::OpenStores() {
  const fs::path& data = options_.data_folder;
  RETURN_IF_ERROR(MakeFoldersDurably(data, 0700));
  auto lock = FileLock::Acquire(data / "lock");
  if (!lock.ok())
    return FailedPrecondition("another server runs with the data folder " + data.string() +
                              ": stop it first, or give another --data-dir");
  lock_ = std::make_unique<FileLock>(std::move(*lock));
  ASSIGN_OR_RETURN(database_,
                   metastore::Database::Open(data / "records.db", metastore::kRecordMigrations));
  records_ = metastore::RecordStore::Create(*database_);
  ASSIGN_OR_RETURN(objects_, objectstore::ObjectStore::Open(data / "objects", clock_));
  ASSIGN_OR_RETURN(logs_, logstore::LogStore::Open(data / "logs", clock_));
  ASSIGN_OR_RETURN(auto packages, orchestrator::PackageStore::Open(data / "packages"));
  packages_ = std::make_unique<orchestrator::PackageStore>(std::move(packages));
  ASSIGN_OR_RETURN(metrics_, metricstore::MetricStore::Open(data / "metrics", clock_));
  job_metrics_ =
      std::make_unique<services::sagemaker_metrics::JobMetrics>(*records_, *metrics_, clock_);
  invocation_metrics_ = std::make_unique<services::sagemaker_metrics::InvocationMetrics>(clock_);
  metric_flusher_ =
      std::make_unique<services::sagemaker_metrics::MetricFlusher>(*invocation_metrics_, *metrics_);
  iam::AccountInfo wanted;
  wanted.account = options_.account;
  wanted.region = options_.region;
  ASSIGN_OR_RETURN(identity_, iam::IdentityFiles::LoadOrCreate(data, wanted, clock_));
  roles_ = std::make_unique<iam::Roles>(*records_, clock_);
  RETURN_IF_ERROR(roles_->EnsureExecutionRole(identity_->account()));
  authorizer_ = std::make_unique<iam::Authorizer>(*roles_);
  ASSIGN_OR_RETURN(certificates_, http::CertificateAuthority::LoadOrCreate(data / "ca", clock_));
  return WriteInstanceBundle();
}

// What user code inside instances trusts: the machine's authorities and ours.
Status ControlPlane::WriteInstanceBundle() {
  const auto system = ReadFile(kSystemBundle);
  return WriteFileDurably(options_.data_folder / "ca" / "instance-bundle.pem",
                          system.value_or("") + certificates_->certificate_pem());
}

Status ControlPlane::BuildOrchestrator() {
  ASSIGN_OR_RETURN(auto catalogue, orchestrator::Catalogue::Load(options_.runtimes_folder));
  catalogue_ = std::make_unique<orchestrator::Catalogue>(std::move(catalogue));
  orchestrator::ProcessBackendOptions backend{
      .data_folder = options_.data_folder,
      .keeper = "/proc/self/exe",
      .agent = options_.programs_folder / "sagebrush-agent",
      .ca_bundle = options_.data_folder / "ca" / "instance-bundle.pem",
      .isolation = options_.isolation};
  ASSIGN_OR_RETURN(backend_, orchestrator::MakeProcessBackend(backend));

  reconciler_ = std::make_unique<orchestrator::Reconciler>();
  const auto nudge = [this] { reconciler_->Nudge(); };
  runtimes_ = std::make_unique<orchestrator::RuntimeMaker>(options_.cache_folder, nudge);
  instances_ = std::make_unique<orchestrator::Instances>(*records_, clock_);
  orchestrator::AgentHubCallbacks callbacks;
  callbacks.store_logs = [this](const orchestrator::Instance& instance, std::int64_t first,
                                std::vector<orchestrator::LogLine> lines) {
    return StoreLogs(instance, first, std::move(lines));
  };
  callbacks.store_sample = [this](const orchestrator::Instance& instance,
                                  const orchestrator::ResourceSample& sample) {
    const Status stored = metrics_->Put(
        instance.owner.scope, services::sagemaker_metrics::DataOfSample(instance, sample));
    if (!stored.ok())
      LogWarning("metrics", "what " + instance.id + " uses is not kept: " + stored.ToString());
  };
  callbacks.serve_api = [this](UniqueFd listener, const std::string& id) -> Result<int> {
    if (server_ == nullptr) return FailedPrecondition("the server does not listen yet");
    ASSIGN_OR_RETURN(const auto instance, instances_->Get(id));
    return server_->ListenUnix(std::move(listener), {.address = "instance " + id,
                                                     .is_loopback = false,
                                                     .is_tls = false,
                                                     .instance_id = id,
                                                     .is_isolated = !instance.network,
                                                     .connect_host = {}});
  };
  callbacks.stop_api = [this](int handle) {
    if (server_ != nullptr) server_->StopListening(handle);
  };
  callbacks.changed = nudge;
  hub_ = std::make_unique<orchestrator::AgentHub>(*instances_, std::move(callbacks));
  runner_ = std::make_unique<orchestrator::InstanceRunner>(*records_, *instances_, *backend_, *hub_,
                                                           nudge);
  dialer_ = std::make_unique<HubDialer>(*hub_);
  router_ = serving::Router::Create(*dialer_, clock_);

  const orchestrator::Workshop workshop{
      .records = *records_,
      .instances = *instances_,
      .runner = *runner_,
      .catalogue = *catalogue_,
      .runtimes = *runtimes_,
      .clock = clock_,
      .machine = orchestrator::ThisMachine(),
      .programs = {.model_server = options_.programs_folder / "sagebrush-model-server",
                   .kit = options_.kit_folder},
      .machine_environment = PipVariables()};
  orchestrator::RoutePublisher routes;
  routes.publish = [this](const std::string& key,
                          std::vector<orchestrator::RouteVariant> variants) {
    serving::RoutedEndpoint endpoint;
    for (auto& variant : variants) {
      serving::RoutedVariant routed{
          .name = variant.name, .weight = variant.weight, .instances = {}};
      for (auto& id : variant.instances)
        routed.instances.push_back({.id = std::move(id), .port = 8080});
      endpoint.variants.push_back(std::move(routed));
    }
    router_->Publish(key, std::move(endpoint));
  };
  routes.withdraw = [this](const std::string& key) { router_->Withdraw(key); };
  reconciler_->Add(std::make_unique<orchestrator::EndpointController>(workshop, std::move(routes)));
  reconciler_->Add(std::make_unique<orchestrator::TrainingController>(workshop));
  return Status::Ok();
}

// The log first, then what its lines say: a crash between the two makes the agent send them again.
Result<std::int64_t> ControlPlane::StoreLogs(const orchestrator::Instance& instance,
                                             std::int64_t first,
                                             std::vector<orchestrator::LogLine> lines) {
  std::vector<services::sagemaker_metrics::JobMetrics::Line> views;
  views.reserve(lines.size());
  for (const auto& line : lines) views.push_back({line.timestamp_ms, line.text});
  ASSIGN_OR_RETURN(auto found, job_metrics_->Find(instance, first, views));
  logstore::SourceBatch batch{.source = instance.id, .first_sequence = first, .events = {}};
  batch.events.reserve(lines.size());
  for (auto& line : lines)
    batch.events.push_back({.timestamp_ms = line.timestamp_ms,
                            .ingested_ms = 0,
                            .message = std::move(line.text),
                            .stream = {},
                            .id = 0});
  ASSIGN_OR_RETURN(const std::int64_t stored,
                   logs_->AppendBatch(instance.log.scope, instance.log.group, instance.log.stream,
                                      std::move(batch)));
  if (lines.empty()) return job_metrics_->LinesDone(instance, stored);
  RETURN_IF_ERROR(job_metrics_->Keep(instance, std::move(found)));
  return stored;
}

void ControlPlane::BuildServices() {
  services_.push_back(services::MakeStsService(*identity_, *roles_, clock_));
  services_.push_back(services::MakeIamService(*roles_, *authorizer_));
  const auto secret_of = [this](std::string_view access_key,
                                std::string_view token) -> Result<std::string> {
    ASSIGN_OR_RETURN(const auto caller, identity_->Lookup(access_key, token));
    return caller.secret_key;
  };
  services_.push_back(services::MakeS3Service(*objects_, secret_of));
  services_.push_back(services::MakeLogsService(*logs_));
  services_.push_back(services::MakeCloudWatchService(*metrics_));
  services_.push_back(services::MakeSageMakerService({.records = *records_,
                                                      .roles = *roles_,
                                                      .objects = *objects_,
                                                      .catalogue = *catalogue_,
                                                      .metrics = *job_metrics_,
                                                      .nudge = [this] { reconciler_->Nudge(); }}));
  services_.push_back(services::MakeRuntimeService(*router_, *records_, *invocation_metrics_));
  for (const auto& service : services_) service_list_.push_back(service.get());
  access_ = std::make_unique<InstanceAccess>(
      InstanceAccess::Dependencies{.instances = *instances_,
                                   .packages = *packages_,
                                   .identity = *identity_,
                                   .roles = *roles_,
                                   .data_folder = options_.data_folder});
  chain_ =
      std::make_unique<RequestChain>(*identity_, *authorizer_, service_list_, *access_, clock_);
}

Status ControlPlane::Start(http::Server& server) {
  server_ = &server;
  RETURN_IF_ERROR(runner_->Adopt());
  reconciler_->Start();
  metric_flusher_->Start();
  return Status::Ok();
}

void ControlPlane::Stop() {
  if (reconciler_ != nullptr) reconciler_->Stop();
  if (metric_flusher_ != nullptr) metric_flusher_->Stop();
}

Status ControlPlane::Shutdown() {
  Stop();
  return reconciler_->Shutdown();
}

}  // namespace sagebrush::apps
