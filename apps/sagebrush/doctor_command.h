// SPDX-License-Identifier: Apache-2.0
// `sagebrush doctor`: says what this machine lacks for a server, and what to do. Exit code 1 where a server cannot work.
#pragma once

namespace CLI {
class App;
}

namespace sagebrush::apps {

void AddDoctorCommand(CLI::App& app, int* exit_code);

}  // namespace sagebrush::apps
