// SPDX-License-Identifier: Apache-2.0
// `sagebrush-agent run`: reads the work order from standard input, makes this process safe to share a uid with user code, and
// runs it. Exit codes: 0 the outcome is with the server, 2 wrong use, 3 refused by the server.
// SIGTERM and SIGINT stop the work as the server's own "stop" does.
#include <cstdio>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "agent/agent.h"
#include "apps/sagebrush-agent/commands.h"

namespace sagebrush {
namespace {

constexpr std::size_t kMaxOrderBytes = 8 << 20;

Result<std::string> ReadStandardInput() {
  std::string text;
  char buffer[64 << 10];
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return LastErrno("reading the work order from standard input");
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > kMaxOrderBytes) return InvalidArgument("the work order is larger than 8 MiB");
  }
}

// Turns SIGTERM and SIGINT into a stop while it lives. The signals are blocked in every thread, so that sigwait gets them.
class SignalStop {
 public:
  explicit SignalStop(agent::StopSignal* stop) {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR2}) ::sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    thread_ = std::thread([signals, stop] {
      int signal = 0;
      while (::sigwait(&signals, &signal) == 0 && signal != SIGUSR2)
        stop->Request("the instance was told to end");
    });
  }
  ~SignalStop() {
    ::pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace

int RunCommand(const std::vector<std::string>& arguments) {
  // User code has this process's uid: it must not read our memory (the token, the role's keys) or trace us.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::signal(SIGPIPE, SIG_IGN);

  CLI::App app("Runs the work order that comes on standard input.", "sagebrush-agent run");
  std::string instance;
  agent::Paths paths;
  std::string ml = paths.ml.string();
  std::string control = paths.control_socket.string();
  std::string api = paths.api_socket.string();
  std::string tmp = paths.tmp.string(), ca_bundle = paths.ca_bundle.string();
  std::string runtime_programs = paths.runtime_programs.string();
  std::string kit_programs = paths.kit_programs.string();
  app.add_option("--instance", instance, "the instance's id, which the order must name too")
      ->required();
  app.add_option("--ml", ml, "where /opt/ml is");
  app.add_option("--control", control, "the server's control socket");
  app.add_option("--api", api, "the server's API socket");
  app.add_option("--serving-port", paths.serving_port, "the port of the user's model server");
  app.add_option("--tmp", tmp, "the folder for temporary files, and the program's home");
  app.add_option("--ca-bundle", ca_bundle, "what the program trusts");
  app.add_option("--runtime-programs", runtime_programs, "where the runtime's programs are");
  app.add_option("--kit-programs", kit_programs, "where the kit's programs are");
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  paths.ml = ml;
  paths.control_socket = control;
  paths.api_socket = api;
  paths.tmp = tmp;
  paths.ca_bundle = ca_bundle;
  paths.runtime_programs = runtime_programs;
  paths.kit_programs = kit_programs;

  Result<std::string> text = ReadStandardInput();
  if (!text.ok()) {
    std::fprintf(stderr, "sagebrush-agent: %s\n", text.status().message().c_str());
    return 2;
  }
  const Result<agent::WorkOrder> order = agent::ParseWorkOrder(*text);
  text->assign(text->size(), '\0');
  if (!order.ok() || order->instance != instance) {
    const std::string why =
        order.ok() ? "the work order is for another instance" : order.status().message();
    std::fprintf(stderr, "sagebrush-agent: %s\n", why.c_str());
    return 2;
  }
  agent::StopSignal stop;
  const SignalStop signals(&stop);
  return agent::RunWorkOrder(*order, paths, &stop, Clock::System()) ? 0 : 3;
}

}  // namespace sagebrush
