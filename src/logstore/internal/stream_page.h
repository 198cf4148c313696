// SPDX-License-Identifier: Apache-2.0
// One page of a group's streams. By name it is a range of an index; by the time of the last event
// the group's rows are looked at and the page's worth of them kept: an index on that time would
// have to be rewritten with every batch of lines. Works inside a Read.
#pragma once

#include <vector>

#include "logstore/internal/tables.h"
#include "logstore/log_store.h"

namespace sagebrush::logstore::internal {

Result<std::vector<Stream>> PageOfStreams(metastore::Session& session, std::int64_t group_id,
                                          const ListStreamsRequest& request);

}  // namespace sagebrush::logstore::internal
