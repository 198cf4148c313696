// SPDX-License-Identifier: Apache-2.0
// The `process` back end: an instance is a bubblewrap sandbox on this machine, or, with --isolation=none, a process tree of
// its own, kept by a keeper process (sandbox.h). All its state is on disk below <data>/instances/<id>, so a new server finds it
// again, whichever isolation that one was started with. Any thread may call.
#pragma once

#include <filesystem>
#include <memory>

#include "orchestrator/backend.h"
#include "orchestrator/backends/process/isolation.h"

namespace sagebrush::orchestrator {

struct ProcessBackendOptions {
  std::filesystem::path data_folder;
  std::filesystem::path keeper;     // the program that has the `sandbox` subcommand: this one
  std::filesystem::path agent;      // sagebrush-agent
  std::filesystem::path ca_bundle;  // bound at /opt/sagebrush/ca-bundle.pem; "" for none
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";
  Isolation isolation = Isolation::kSandbox;
  // Where an instance without isolation that has a uid of its own has its folders: everyone can walk there.
  std::filesystem::path open_root = "/var/tmp";
};

// Whether sandboxes can be made here is CheckSandbox's question (sandbox_check.h), asked by who starts the server.
Result<std::unique_ptr<Backend>> MakeProcessBackend(const ProcessBackendOptions& options);

}  // namespace sagebrush::orchestrator
