// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/end_server.h"

#include <cstdio>
#include <cstdlib>

#include "apps/sagebrush/report.h"
#include "apps/sagebrush/restart_policy.h"
#include "base/log.h"

namespace sagebrush::apps {

Status EndServer(http::Server& server, const Status& ended) {
  if (server.Stop(std::chrono::milliseconds(0))) return ended;
  // What was acknowledged is durable at any moment.
  LogWarning("server", "left while requests were still under way");
  Report(ended);
  std::fflush(nullptr);
  std::_Exit(ServerExitCode(ended));
}

}  // namespace sagebrush::apps
