// SPDX-License-Identifier: Apache-2.0
// How a runtime stands, as controllers ask and state machines decide by. A plain value.
#pragma once

#include <filesystem>
#include <string>

namespace sagebrush::orchestrator {

struct RuntimeStatus {
  enum class State { kReady, kMaking, kFailed };
  State state = State::kMaking;
  std::string text;              // kMaking: the last progress line; kFailed: why
  std::filesystem::path folder;  // kReady
};

}  // namespace sagebrush::orchestrator
