// SPDX-License-Identifier: Apache-2.0
// One page over many streams of a group, merged by (timestamp, id). A stream is opened when the
// merge reaches its first event and read in chunks, so a group with thousands of finished jobs
// costs what the asked time range holds. Works inside a Read.
#pragma once

#include "logstore/internal/tables.h"
#include "logstore/log_store.h"

namespace sagebrush::logstore::internal {

Result<FilterPage> FilterGroup(metastore::Session& session, std::int64_t group_id,
                               const FilterRequest& request);

}  // namespace sagebrush::logstore::internal
