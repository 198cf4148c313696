// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/server_command.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "apps/sagebrush/control_plane.h"
#include "apps/sagebrush/server_options.h"
#include "base/log.h"
#include "base/strings.h"

namespace sagebrush::apps {

namespace {

constexpr std::chrono::seconds kGrace{10};
constexpr std::chrono::milliseconds kPoll{50};
constexpr int kDownPolls = 1800;  // a minute and a half: an invocation under way may take one

int Fail(const Status& status) {
  std::fprintf(stderr, "sagebrush: %s\n", status.message().c_str());
  return 1;
}

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

Status Serve(ServerOptions options, const std::string& listen) {
  const auto colon = listen.rfind(':');
  const auto port = colon == std::string::npos
                        ? std::nullopt
                        : ParseUint(std::string_view(listen).substr(colon + 1));
  if (!port || *port > 65535)
    return InvalidArgument("--listen takes ADDRESS:PORT, such as 127.0.0.1:7070");
  options.address = listen.substr(0, colon);
  options.port = static_cast<int>(*port);
  RETURN_IF_ERROR(FillPaths(&options));
  const Signals signals;
  ::umask(022);  // instances read what is made for them; what is secret is made with its own mode

  // Outlives the plane, whose instances' sockets are taken back from it; but it answers nobody once the plane goes.
  std::unique_ptr<http::Server> server;
  ASSIGN_OR_RETURN(const auto plane, ControlPlane::Open(options, Clock::System()));
  http::ServerOptions http_options;
  http_options.certificates = &plane->certificates();
  http_options.on_connect = [&plane](const http::Peer& peer, const std::string& host, int to_port) {
    return plane->DecideConnect(peer, host, to_port);
  };
  ASSIGN_OR_RETURN(server, http::Server::Create(http_options, [&plane](http::Exchange& exchange) {
                     plane->chain().Handle(exchange);
                   }));
  const struct StopAtEnd {
    http::Server& server;
    ~StopAtEnd() { server.Stop(std::chrono::milliseconds(0)); }
  } stop_at_end{*server};
  const auto listening = server->ListenTcp(options.address, options.port);
  if (!listening.ok())
    return listening.status().WithContext(
        "cannot listen on " + listen +
        " (is another server running there? choose another port with --listen)");
  RETURN_IF_ERROR(plane->Start(*server));

  const std::string url = "http://" + options.address + ":" + std::to_string(*listening);
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
  plane->Stop();
  server->Stop(kGrace);
  ::unlink(file.c_str());
  return signal == SIGINT ? plane->Shutdown() : Status::Ok();
}

// The running server ends its workloads best, since it knows them; without one, the data folder is opened for it.
Status Down(ServerOptions options) {
  if (!fs::exists(options.data_folder / "records.db"))
    return NotFound("there is no data folder at " + options.data_folder.string());
  const auto text = ReadFile(options.data_folder / "server.json");
  if (text.ok() && FileLock::IsHeld(options.data_folder / "lock")) {
    ASSIGN_OR_RETURN(const Json server, Json::Parse(*text));
    const auto pid = static_cast<pid_t>(server.GetInt("pid"));
    if (pid <= 1 || ::kill(pid, SIGINT) != 0)
      return Unavailable("cannot signal the server that runs there");
    for (int poll = 0; FileLock::IsHeld(options.data_folder / "lock"); ++poll) {
      if (poll == kDownPolls)
        return DeadlineExceeded("the server (process " + std::to_string(pid) + ") does not stop");
      std::this_thread::sleep_for(kPoll);
    }
    std::puts("stopped the server and every workload");
    return Status::Ok();
  }
  RETURN_IF_ERROR(FillPaths(&options));
  ASSIGN_OR_RETURN(const auto plane, ControlPlane::Open(options, Clock::System()));
  RETURN_IF_ERROR(plane->Shutdown());
  std::puts("stopped every workload (no server was running)");
  return Status::Ok();
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

void AddPaths(CLI::App* command, ServerOptions* options) {
  options->data_folder = DefaultDataFolder();
  command->add_option("--data-dir", options->data_folder, "where everything is kept")
      ->capture_default_str();
  command->add_option("--cache-dir", options->cache_folder, "where runtimes are made");
  command->add_option("--runtimes-dir", options->runtimes_folder, "the catalogue of runtimes");
  command->add_option("--kit-dir", options->kit_folder, "the python kit");
  command->add_option("--programs-dir", options->programs_folder,
                      "where sagebrush-agent and sagebrush-model-server stand");
}

}  // namespace

void AddServerCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("server", "run the server in the foreground");
  const auto options = std::make_shared<ServerOptions>();
  const auto listen = std::make_shared<std::string>("127.0.0.1:7070");
  AddPaths(command, options.get());
  command->add_option("--listen", *listen, "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  command->add_option("--account", options->account, "account id, at the first start")
      ->capture_default_str();
  command->add_option("--region", options->region, "region, at the first start")
      ->capture_default_str();
  command->callback([=] {
    const Status status = Serve(*options, *listen);
    *exit_code = status.ok() ? 0 : Fail(status);
  });
}

void AddDownCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("down", "stop the server and every workload");
  const auto options = std::make_shared<ServerOptions>();
  AddPaths(command, options.get());
  command->callback([=] {
    const Status status = Down(*options);
    *exit_code = status.ok() ? 0 : Fail(status);
  });
}

void AddOperationsCommand(CLI::App& app, int* exit_code) {
  auto* command = app.add_subcommand("operations", "list the operations that have handlers");
  command->callback([=] {
    const Status status = PrintOperations();
    *exit_code = status.ok() ? 0 : Fail(status);
  });
}

}  // namespace sagebrush::apps
