// SPDX-License-Identifier: Apache-2.0
// `sagebrush server` and `sagebrush operations`.
#pragma once

namespace CLI {
class App;
}

namespace sagebrush::apps {

void AddServerCommand(CLI::App& app, int* exit_code);
// `sagebrush operations`: one line for each operation that has a handler; docs/coverage.md is made from it.
void AddOperationsCommand(CLI::App& app, int* exit_code);

}  // namespace sagebrush::apps
