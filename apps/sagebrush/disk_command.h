// SPDX-License-Identifier: Apache-2.0
// `sagebrush disk` says what is used by what; `sagebrush gc` removes what nothing needs. Both beside a running server or
// without one.
#pragma once

namespace CLI {
class App;
}

namespace sagebrush::apps {

void AddDiskCommand(CLI::App& app, int* exit_code);
void AddGcCommand(CLI::App& app, int* exit_code);

}  // namespace sagebrush::apps
