// SPDX-License-Identifier: Apache-2.0
// The end of a server process: in order, or at once where a handler still runs in what would then be destroyed.
#pragma once

#include "base/status.h"
#include "http/server.h"

namespace sagebrush::apps {

// Stops it and gives `ended` back, for the caller to take everything down. Does not return when a handler still runs and waits
// for something else than its client (an invocation may take a minute): the process then ends with `ended`'s exit code.
Status EndServer(http::Server& server, const Status& ended);

}  // namespace sagebrush::apps
