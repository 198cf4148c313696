// SPDX-License-Identifier: Apache-2.0
// The environment that the user's program gets: SageMaker's variables, the way to the server, and the order's own. Nothing of
// the agent's own environment is passed on, and the agent's token is not in it. Pure but for looking whether the CA bundle is there.
#pragma once

#include <string>
#include <vector>

#include "agent/paths.h"
#include "agent/work_order.h"

namespace sagebrush::agent {

// `command_file` is where our script-mode launcher leaves the command it starts, for the failure's text.
std::vector<std::string> UserEnvironment(const WorkOrder& order, const Paths& paths,
                                         const std::string& command_file);

}  // namespace sagebrush::agent
