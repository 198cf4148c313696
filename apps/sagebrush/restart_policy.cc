// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/restart_policy.h"

#include <algorithm>

namespace sagebrush::apps {

using namespace std::chrono_literals;

bool IsRefusal(const Status& status) {
  switch (status.code()) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kPermissionDenied:
    case Code::kUnimplemented:
    case Code::kDataLoss:
      return true;
    default:
      return false;
  }
}

int ServerExitCode(const Status& status) {
  return status.ok() ? 0 : IsRefusal(status) ? kRefusedToStart : 1;
}

std::chrono::milliseconds RestartPause(int failures_in_a_row) {
  constexpr auto kFirst = 100ms;
  constexpr auto kMost = 5000ms;
  if (failures_in_a_row <= 1) return 0ms;
  return std::min<std::chrono::milliseconds>(kFirst * (1 << std::min(failures_in_a_row - 2, 10)),
                                             kMost);
}

}  // namespace sagebrush::apps
