// SPDX-License-Identifier: Apache-2.0
// `sagebrush run -- COMMAND…`: becomes COMMAND with the environment that `sagebrush env` prints.
// Its exit code and signals are the command's own, since it is exec'ed.
#pragma once

namespace CLI {
class App;
}

namespace sagebrush::apps {

void AddRunCommand(CLI::App& app, int* exit_code);

}  // namespace sagebrush::apps
