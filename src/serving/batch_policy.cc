// SPDX-License-Identifier: Apache-2.0
// See batch_policy.h. Pure.
#include "serving/batch_policy.h"

namespace sagebrush::serving {

BatchPlan PlanBatch(std::span<const WaitingRequest> queue, SteadyTime now, std::int64_t max_rows) {
  BatchPlan plan;
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const WaitingRequest& waiting = queue[i];
    if (waiting.deadline <= now) {
      plan.expired.push_back(i);
      continue;
    }
    if (plan.run.empty()) {
      plan.run.push_back(i);
      rows = waiting.rows;
      continue;
    }
    const WaitingRequest& first = queue[plan.run.front()];
    if (!first.kind.empty() && waiting.kind == first.kind && rows + waiting.rows <= max_rows) {
      plan.run.push_back(i);
      rows += waiting.rows;
    }
  }
  return plan;
}

}  // namespace sagebrush::serving
