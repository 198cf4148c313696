// SPDX-License-Identifier: Apache-2.0
// CHECK: a promise only our own code can break. It stops the process with a sentence; recovery after a restart is tested.
#pragma once

namespace sagebrush {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const char* sentence);

}  // namespace sagebrush

#define SAGEBRUSH_CHECK(condition, sentence) \
  ((condition) ? void(0) : ::sagebrush::CheckFailed(__FILE__, __LINE__, #condition, sentence))
