// SPDX-License-Identifier: Apache-2.0
// What the command line says of a server, and where its programs stand.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace sagebrush::apps {

struct ServerOptions {
  std::string address = "127.0.0.1";
  int port = 7070;
  std::filesystem::path data_folder;
  std::filesystem::path cache_folder;     // runtimes are made here
  std::filesystem::path runtimes_folder;  // the catalogue
  std::filesystem::path kit_folder;       // python/
  std::filesystem::path programs_folder;  // sagebrush-agent, sagebrush-model-server
  std::string account = "123456789012";   // both only at the first start
  std::string region = "us-west-2";
};

std::filesystem::path DefaultDataFolder();
std::filesystem::path DefaultCacheFolder();
// Fills what was not given: the programs beside this one, catalogue and kit in the checkout or installation around it.
Status FillPaths(ServerOptions* options);

}  // namespace sagebrush::apps
