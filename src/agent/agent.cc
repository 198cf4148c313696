// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include "agent/hosting_run.h"
#include "agent/run.h"
#include "agent/session.h"
#include "agent/training_run.h"

namespace sagebrush::agent {

bool RunWorkOrder(const WorkOrder& order, const Paths& paths, StopSignal* stop,
                  const Clock& clock) {
  Session session(order, paths, stop, clock);
  session.Start();
  const Surroundings around{order, paths, clock, *stop, session};
  const Outcome outcome =
      order.kind == WorkOrder::Kind::kTraining ? RunTraining(around) : RunHosting(around);
  return session.Conclude(outcome.phase, outcome.ToMembers());
}

}  // namespace sagebrush::agent
