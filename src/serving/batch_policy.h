// SPDX-License-Identifier: Apache-2.0
// Which waiting requests run together: a pure function from a snapshot of the queue to a decision.
// It is asked only when the model is idle, so a lone request never waits for company; what is
// joined has piled up while the last batch ran (a fixed wait for a batch costs the lone client most
// and gains nothing on a busy model).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sagebrush::serving {

struct WaitingRequest {
  std::string_view kind;  // requests of one kind may be joined; "" is never joined
  std::int64_t rows = 1;
  SteadyTime deadline;
};

struct BatchPlan {
  // Places in the queue, in order. The oldest living request is always in `run`; the callers of the
  // `expired` ones have gone.
  std::vector<std::size_t> run;
  std::vector<std::size_t> expired;
  bool operator==(const BatchPlan&) const = default;
};

// The oldest request that is still wanted, and all others of its kind that fit into max_rows, in
// order. A request larger than max_rows runs alone: it is never cut.
BatchPlan PlanBatch(std::span<const WaitingRequest> queue, SteadyTime now, std::int64_t max_rows);

}  // namespace sagebrush::serving
