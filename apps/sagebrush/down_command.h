// SPDX-License-Identifier: Apache-2.0
// `sagebrush down`: ends the server of a data folder and all its workloads, also where no server runs.
#pragma once

namespace CLI {
class App;
}

namespace sagebrush::apps {

void AddDownCommand(CLI::App& app, int* exit_code);

}  // namespace sagebrush::apps
