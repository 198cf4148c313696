// SPDX-License-Identifier: Apache-2.0
// A model server's life inside its instance: fetch the model, start the program, wait until it answers its health check,
// stay until it is stopped or dies. Blocking; the caller's thread.
#pragma once

#include "agent/run.h"

namespace sagebrush::agent {

// Reports every phase but the last, which is the outcome: Session::Conclude says it.
Outcome RunHosting(const Surroundings& around);

}  // namespace sagebrush::agent
