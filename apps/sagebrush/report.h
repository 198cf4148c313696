// SPDX-License-Identifier: Apache-2.0
// How a command says that it failed: one sentence on standard error, and the exit code.
#pragma once

#include "base/status.h"

namespace sagebrush::apps {

// 0, without a word, or 1.
int Report(const Status& status);

}  // namespace sagebrush::apps
