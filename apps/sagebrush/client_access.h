// SPDX-License-Identifier: Apache-2.0
// What clients of a data folder need: the server's address, certificates to trust, credentials.
// Read and minted from the folder, without a word to the server.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/status.h"
#include "iam/identity.h"
#include "services/client_environment.h"

namespace sagebrush::apps {

struct ClientAccess {
  std::filesystem::path data_folder;  // absolute
  std::string address;                // "http://127.0.0.1:7070"
  std::string region;
  std::filesystem::path ca_bundle;
};

// This process's environment.
services::Environment CurrentEnvironment();

// Writes client/ca-bundle.pem in the data folder: what `user` trusts, and our CA behind it.
// kFailedPrecondition with what to do where no server has started; a warning where it has stopped.
Result<ClientAccess> OpenClientAccess(const std::filesystem::path& data_folder,
                                      const services::Environment& user);
// A session of the execution role.
Result<iam::SessionCredentials> MintCredentials(const std::filesystem::path& data_folder,
                                                std::chrono::seconds life);

}  // namespace sagebrush::apps
