// SPDX-License-Identifier: Apache-2.0
// The `process` back end: an instance is a bubblewrap sandbox on this machine, kept by a keeper process (sandbox.h). All its
// state is on disk below <data>/instances/<id>, so a new server finds it again. Any thread may call.
#pragma once

#include <filesystem>
#include <memory>

#include "orchestrator/backend.h"

namespace sagebrush::orchestrator {

struct ProcessBackendOptions {
  std::filesystem::path data_folder;
  std::filesystem::path keeper;     // the program that has the `sandbox` subcommand: this one
  std::filesystem::path agent;      // sagebrush-agent
  std::filesystem::path ca_bundle;  // bound at /opt/sagebrush/ca-bundle.pem; "" for none
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";
};

// Tries one empty sandbox first: where namespaces are refused, kFailedPrecondition with a sentence that says what to do.
Result<std::unique_ptr<Backend>> MakeProcessBackend(const ProcessBackendOptions& options);

}  // namespace sagebrush::orchestrator
