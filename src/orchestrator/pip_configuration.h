// SPDX-License-Identifier: Apache-2.0
// How this machine reaches its package index, for pip inside instances: from the server's environment and pip's configuration
// files, as pip itself reads them. What user code must not see (a password in a URL) or could not use (a folder of this machine,
// its loopback) is left out. Pure but for PipConfigurationOfThisMachine, which reads files and is called at start.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sagebrush::orchestrator {

struct PipConfiguration {
  std::map<std::string, std::string> variables;  // "PIP_INDEX_URL" and its like
  std::vector<std::string> left_out;             // sentences for the server's log
};

using Lookup =
    std::function<std::string(const char* name)>;  // of the environment; "" if it is not there

// `files`: texts of configuration files, the last one wins; the environment wins over all.
PipConfiguration ReadPipConfiguration(const Lookup& environment,
                                      const std::vector<std::string>& files);
PipConfiguration PipConfigurationOfThisMachine(const Lookup& environment);

}  // namespace sagebrush::orchestrator
