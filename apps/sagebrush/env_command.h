// SPDX-License-Identifier: Apache-2.0
// `sagebrush env`: prints what a shell must export so that AWS clients in it speak to the server of
// a data folder. It needs no answer from the server: credentials are minted from the folder. What
// is exported: services/client_environment.h; what `--install` writes: env_install.h.
#pragma once

#include <filesystem>
#include <vector>

#include "base/status.h"
#include "services/client_environment.h"

namespace CLI {
class App;
}

namespace sagebrush::apps {

void AddEnvCommand(CLI::App& app, int* exit_code);

// Mints a week's credentials of the execution role, writes client/ca-bundle.pem in the data folder,
// and tells what to change in `current`. kFailedPrecondition with what to do where no server has
// started.
Result<std::vector<services::EnvironmentChange>> ChangesFor(
    const std::filesystem::path& data_folder, const services::Environment& current);

}  // namespace sagebrush::apps
