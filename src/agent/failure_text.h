// SPDX-License-Identifier: Apache-2.0
// The text of FailureReason when the user's program failed, in SageMaker's form and at most 1,024 characters, with the end of
// the traceback kept because that is where the reason stands. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/user_process.h"

namespace sagebrush::agent {

inline constexpr std::size_t kMaxFailureCharacters = 1024;

struct Ending {
  ExitStatus exit;
  std::uint64_t exceeded_memory_bytes = 0;  // not 0: killed for holding more than this
  std::string failure_file;                 // what the program wrote to /opt/ml/output/failure
  std::string script_command;  // what the script-mode launcher started, "" for other programs
  std::vector<std::string> last_lines;
};

std::string AlgorithmError(const Ending& ending);

// The text with at most `limit` characters: its beginning up to `keep_front`, " ... ", and its end.
std::string KeepEnds(std::string_view text, std::size_t limit, std::size_t keep_front);

}  // namespace sagebrush::agent
