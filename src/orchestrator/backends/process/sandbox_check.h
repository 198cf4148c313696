// SPDX-License-Identifier: Apache-2.0
// Whether this machine lets us make sandboxes, found out by making one, and what to do where it does not. The server's start
// and `sagebrush doctor` ask the same questions and say the same sentences. Explain is pure; LookAtSandboxes tries and reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace sagebrush::orchestrator {

struct SandboxFacts {
  bool has_bwrap = false;
  bool works = false;  // an empty sandbox was made, by an unprivileged uid
  std::string said;    // by bubblewrap, where it was not
  // Settings of the kernel; absent where this kernel has none of that name.
  std::optional<std::int64_t> max_user_namespaces;  // user.max_user_namespaces
  std::optional<std::int64_t> unprivileged_clone;   // kernel.unprivileged_userns_clone (Debian)
  std::optional<std::int64_t>
      apparmor_restriction;  // kernel.apparmor_restrict_unprivileged_userns (Ubuntu)
  bool in_container = false;
};

struct Trouble {
  std::string what;                   // one sentence
  std::vector<std::string> remedies;  // commands and what they are for, in order
  std::string Text() const;           // all in one
};

SandboxFacts LookAtSandboxes();
std::optional<Trouble> Explain(const SandboxFacts& facts);
// kFailedPrecondition with the trouble's text.
Status CheckSandbox();

// Of Ubuntu 24.04: lets bubblewrap make user namespaces, and nothing else. docs/guides/any-machine.md has it too.
extern const char kAppArmorProfile[];

}  // namespace sagebrush::orchestrator
