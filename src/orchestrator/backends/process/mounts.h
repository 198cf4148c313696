// SPDX-License-Identifier: Apache-2.0
// Mounts in a mount namespace of the caller's own: the machine's stay as they are, and all of it goes with the last process
// in there. Only root can, and not in every container. For processes of one thread: keepers, and children that try.
#pragma once

#include <filesystem>

#include "base/status.h"

namespace sagebrush::orchestrator {

// mount(2).
Status MountAt(const std::filesystem::path& source, const std::filesystem::path& target,
               const char* type, unsigned long flags, const char* data = nullptr);

Status EnterMountNamespace();

// `target` then is `source`. Where there is no such folder its parent is covered by one that has it and all that the
// parent has: nothing is made on the machine.
Status BindFolder(const std::filesystem::path& source, const std::filesystem::path& target);

// Whether both would work here, found out in a child.
bool CanBindFolder(const std::filesystem::path& target);

}  // namespace sagebrush::orchestrator
