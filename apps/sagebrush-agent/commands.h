// SPDX-License-Identifier: Apache-2.0
// The agent program's subcommands; each gives the program's exit code.
#pragma once

#include <string>
#include <vector>

namespace sagebrush {

int RunCommand(const std::vector<std::string>& arguments);

}  // namespace sagebrush
