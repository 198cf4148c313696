// SPDX-License-Identifier: Apache-2.0
// How the process back end keeps instances apart: a sandbox each, or, where the machine refuses namespaces and its owner has
// said so in as many words, not at all (docs/decisions/0012-isolation-none.md). A plain value.
#pragma once

#include <string_view>

#include "base/status.h"

namespace sagebrush::orchestrator {

enum class Isolation { kSandbox, kNone };

constexpr std::string_view IsolationName(Isolation isolation) {
  return isolation == Isolation::kNone ? "none" : "sandbox";
}

inline Result<Isolation> ParseIsolation(std::string_view name) {
  if (name == "sandbox") return Isolation::kSandbox;
  if (name == "none") return Isolation::kNone;
  return InvalidArgument("--isolation takes sandbox or none, not '" + std::string(name) + "'");
}

}  // namespace sagebrush::orchestrator
