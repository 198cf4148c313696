// SPDX-License-Identifier: Apache-2.0
// What the command line says of a server, and where its programs stand.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/network.h"
#include "base/status.h"
#include "orchestrator/backends/process/isolation.h"

namespace CLI {
class App;
}

namespace sagebrush::apps {

struct ServerOptions {
  std::string address = "127.0.0.1";
  int port = 7070;
  std::filesystem::path data_folder;
  std::filesystem::path cache_folder;     // runtimes are made here
  std::filesystem::path runtimes_folder;  // the catalogue
  std::filesystem::path kit_folder;       // python/
  std::filesystem::path programs_folder;  // sagebrush-agent, sagebrush-model-server
  orchestrator::Isolation isolation = orchestrator::Isolation::kSandbox;
  std::string account = "123456789012";  // both only at the first start
  std::string region = "us-west-2";
  // What instances may reach beside public addresses; null: nothing.
  std::shared_ptr<const std::vector<Network>> instance_networks;
  std::string upstream_proxy;  // a URL; "": the environment's
};

std::filesystem::path DefaultDataFolder();
std::filesystem::path DefaultCacheFolder();
// "127.0.0.1:7070", "[::1]:7070", "localhost:0": what --listen takes, into `options`.
Status ParseListen(std::string_view listen, ServerOptions* options);
// Fills what was not given: the programs beside this one, catalogue and kit in the checkout or installation around it.
Status FillPaths(ServerOptions* options);
// --data-dir and where the rest is, for every command that works on a data folder.
void AddPathOptions(CLI::App* command, ServerOptions* options);
void AddIsolationOption(CLI::App* command, ServerOptions* options);

}  // namespace sagebrush::apps
