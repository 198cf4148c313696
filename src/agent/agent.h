// SPDX-License-Identifier: Apache-2.0
// The agent's whole life for one work order: talk to the server, run, say the last word. What apps/sagebrush-agent calls.
#pragma once

#include "agent/paths.h"
#include "agent/stop_signal.h"
#include "agent/work_order.h"
#include "base/clock.h"

namespace sagebrush::agent {

// Returns when the server has acknowledged the outcome (true), or has refused the instance (false).
bool RunWorkOrder(const WorkOrder& order, const Paths& paths, StopSignal* stop, const Clock& clock);

}  // namespace sagebrush::agent
