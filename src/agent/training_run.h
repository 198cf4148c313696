// SPDX-License-Identifier: Apache-2.0
// A training job's life inside its instance, from the first download to the last upload. Blocking; the caller's thread.
#pragma once

#include "agent/run.h"

namespace sagebrush::agent {

// Reports every phase but the last, which is the outcome: Session::Conclude says it.
Outcome RunTraining(const Surroundings& around);

}  // namespace sagebrush::agent
