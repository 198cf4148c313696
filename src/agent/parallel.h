// SPDX-License-Identifier: Apache-2.0
// ForEachInParallel runs `work(0)` … `work(count - 1)` on a few threads. After the first error nothing new begins, and that
// error is the result. Blocks until all threads are done.
#pragma once

#include <cstddef>
#include <functional>

#include "base/status.h"

namespace sagebrush::agent {

Status ForEachInParallel(std::size_t threads, std::size_t count,
                         const std::function<Status(std::size_t)>& work);

}  // namespace sagebrush::agent
