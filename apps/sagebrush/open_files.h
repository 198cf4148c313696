// SPDX-License-Identifier: Apache-2.0
// How many files this process may have open, and what that means for its connections.
#pragma once

#include <cstddef>

namespace sagebrush::apps {

// Raises the limit as far as this user may, and gives the number of connections that it is good for, with room for what they
// need besides (an object's file, a tunnel's other end). Says so in the log where that is few. At the start, before threads.
std::size_t ConnectionsByOpenFiles();

}  // namespace sagebrush::apps
