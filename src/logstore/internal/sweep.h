// SPDX-License-Identifier: Apache-2.0
// Removing the events of deleted streams, a bounded piece at a time. Works inside a Write.
#pragma once

#include "metastore/database.h"

namespace sagebrush::logstore::internal {

// At most kSweepRows events; `done` tells that no deleted stream is left.
Status SweepOnce(metastore::Session& session, bool* done);

}  // namespace sagebrush::logstore::internal
