// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/server_command.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/client_access.h"
#include "apps/sagebrush/connect_policy.h"
#include "apps/sagebrush/control_plane.h"
#include "apps/sagebrush/end_server.h"
#include "apps/sagebrush/open_files.h"
#include "apps/sagebrush/report.h"
#include "apps/sagebrush/restart_policy.h"
#include "apps/sagebrush/server_options.h"
#include "apps/sagebrush/supervisor.h"
#include "apps/sagebrush/upstream_choice.h"
#include "base/log.h"
#include "base/strings.h"
#include "http/listening.h"
#include "orchestrator/backends/process/sandbox_check.h"

namespace sagebrush::apps {

namespace {

constexpr std::chrono::seconds kGrace{10};
const std::map<std::string, LogLevel> kLogLevels = {{"debug", LogLevel::kDebug},
                                                    {"info", LogLevel::kInfo},
                                                    {"warning", LogLevel::kWarning},
                                                    {"error", LogLevel::kError}};

struct Signals {
  sigset_t set{};
  // Before any thread starts, so that all inherit it and only Wait sees them.
  Signals() {
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  int Wait() const {
    int signal = 0;
    sigwait(&set, &signal);
    return signal;
  }
};

// On the sockets that whoever started us holds (--supervise, systemd), or on one of our own. Gives the first one's address.
Result<std::string> Listen(http::Server& server, const ServerOptions& options,
                           std::vector<UniqueFd> inherited) {
  if (inherited.empty()) {
    auto socket = http::BindTcp(options.address, options.port);
    if (!socket.ok())
      return socket.status().WithContext(
          "is another server running there? Choose another port with --listen");
    inherited.push_back(std::move(*socket));
  }
  ASSIGN_OR_RETURN(std::string address, http::AddressOf(inherited.front().get()));
  for (UniqueFd& socket : inherited) RETURN_IF_ERROR(server.ListenOn(std::move(socket)).status());
  return address;
}

// From listening to SIGTERM or SIGINT.
Status ServeUntilSignal(const ServerOptions& options, std::vector<UniqueFd> inherited,
                        const Signals& signals, ControlPlane& plane, http::Server& server,
                        UpstreamChoice& upstream) {
  ASSIGN_OR_RETURN(const std::string address, Listen(server, options, std::move(inherited)));
  upstream.ListensOn(static_cast<int>(
      ParseUint(std::string_view(address).substr(address.rfind(':') + 1)).value_or(0)));
  RETURN_IF_ERROR(plane.Start(server));

  const std::string url = "http://" + address;
  const fs::path file = options.data_folder / "server.json";
  RETURN_IF_ERROR(WriteFileDurably(
      file,
      Json::Object({{"address", url}, {"pid", static_cast<std::int64_t>(::getpid())}}).Dump()));
  std::printf("sagebrush ready at %s (root key in %s)\n", url.c_str(),
              (options.data_folder / "root-credentials").c_str());
  std::fflush(stdout);

  const int signal = signals.Wait();
  LogInfo("server", signal == SIGINT
                        ? "stopping, and every workload with it"
                        : "stopping; workloads stay and are found again at the next start");
  // The loop first: an instance that it starts now would find no socket, and its job would fail for it.
  plane.Stop();
  server.Stop(kGrace);  // what still runs then: EndServer
  ::unlink(file.c_str());
  return signal == SIGINT ? plane.Shutdown() : Status::Ok();
}

Status Serve(ServerOptions options) {
  RETURN_IF_ERROR(FillPaths(&options));
  ASSIGN_OR_RETURN(std::vector<UniqueFd> inherited, http::TakeInheritedSockets());
  if (options.isolation == orchestrator::Isolation::kSandbox)
    RETURN_IF_ERROR(orchestrator::CheckSandbox());
  else
    LogWarning("server",
               "NOT ISOLATED (--isolation=none): every job and endpoint runs directly on this "
               "machine and reaches whatever its user can; each one's log says so");
  const Signals signals;
  ::umask(022);  // instances read what is made for them; what is secret is made with its own mode

  // Outlives the plane, whose instances' sockets are taken back from it; but it answers nobody once the plane goes.
  std::unique_ptr<http::Server> server;
  ASSIGN_OR_RETURN(const auto plane, ControlPlane::Open(options, Clock::System()));
  http::ServerOptions http_options;
  http_options.certificates = &plane->certificates();
  ASSIGN_OR_RETURN(auto own_proxy,
                   UpstreamChoice::OwnSettings(options.upstream_proxy, CurrentEnvironment()));
  UpstreamChoice upstream(std::move(own_proxy));
  http_options.max_connections = ConnectionsByOpenFiles();
  // What never waits is answered by these threads themselves.
  http_options.io_threads = std::clamp(std::thread::hardware_concurrency(), 2U, 8U);
  http_options.refuse = [&plane](const http::Refusal& refusal) {
    return plane->chain().Refuse(refusal);
  };
  http_options.runs_at_once = [&plane](const http::Request& request) {
    return plane->chain().RunsAtOnce(request);
  };
  http_options.on_connect = [&options, &upstream](const http::ConnectRequest& asked) {
    auto decision = DecideConnect(asked.peer, asked.host, options.instance_networks);
    if (decision.action == http::ConnectDecision::Action::kTunnel)
      decision.through = upstream.For(asked);
    return decision;
  };
  ASSIGN_OR_RETURN(server, http::Server::Create(http_options, [&plane](http::Exchange& exchange) {
                     plane->chain().Handle(exchange);
                   }));
  const Status ended =
      ServeUntilSignal(options, std::move(inherited), signals, *plane, *server, upstream);
  return EndServer(*server, ended);
}

Status PrintOperations() {
  ASSIGN_OR_RETURN(const TempFolder folder, TempFolder::Create());
  ServerOptions options;
  options.data_folder = folder.path();
  RETURN_IF_ERROR(FillPaths(&options));
  ASSIGN_OR_RETURN(const auto plane, ControlPlane::Open(options, Clock::System()));
  for (const auto* service : plane->services())
    for (const auto& [name, operation] : service->operations())
      std::printf("%s %s\n", std::string(service->name()).c_str(), name.c_str());
  return Status::Ok();
}

}  // namespace

void AddServerCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("server", "run the server in the foreground");
  const auto options = std::make_shared<ServerOptions>();
  const auto listen = std::make_shared<std::string>("127.0.0.1:7070");
  AddPathOptions(command, options.get());
  command->add_option("--listen", *listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  AddIsolationOption(command, options.get());
  command->add_option("--account", options->account, "account id, at the first start")
      ->capture_default_str();
  command->add_option("--region", options->region, "region, at the first start")
      ->capture_default_str();
  command
      ->add_option_function<std::vector<std::string>>(
          "--allow-instance-network",
          [options](const std::vector<std::string>& networks) {
            std::vector<Network> parsed;
            for (const auto& text : networks) {
              const auto network = Network::Parse(text);
              if (!network.ok()) throw CLI::ValidationError(network.status().message());
              parsed.push_back(*network);
            }
            options->instance_networks =
                std::make_shared<const std::vector<Network>>(std::move(parsed));
          },
          "addresses that jobs may reach beside the public internet's, such as 10.1.0.0/16 of your "
          "package index; may be given several times")
      ->type_name("CIDR");
  command->add_option("--upstream-proxy", options->upstream_proxy,
                      "http://[USER:PASSWORD@]HOST:PORT that leads to the internet; by default "
                      "HTTPS_PROXY, past what NO_PROXY names");
  const auto supervise = std::make_shared<bool>(false);
  command->add_flag("--supervise", *supervise,
                    "keep the port open and start the server again when it crashes");
  command
      ->add_option_function<std::string>(
          "--log-level", [](const std::string& name) { SetLogLevel(kLogLevels.at(name)); },
          "debug (a line for each request), info, warning or error")
      ->check(CLI::IsMember(kLogLevels))
      ->default_str("info");
  command->callback([=] {
    Status status = ParseListen(*listen, options.get());
    if (status.ok() && *supervise) {
      *exit_code = Supervise(options->address, options->port, options->data_folder);
      return;
    }
    if (status.ok()) status = Serve(*options);
    Report(status);
    *exit_code = ServerExitCode(status);
  });
}

void AddOperationsCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("operations", "list the operations that have handlers");
  command->callback([=] { *exit_code = Report(PrintOperations()); });
}

}  // namespace sagebrush::apps
