// SPDX-License-Identifier: Apache-2.0
// One page of one stream, and the tokens around it. A token says "after this place" or "before this
// place" in the order (timestamp, id) of one stream, so it stays true whatever arrives later. Works
// inside a Read.
#pragma once

#include "logstore/internal/tables.h"
#include "logstore/log_store.h"

namespace sagebrush::logstore::internal {

// kInvalidArgument for a token that is not of this stream.
Result<ReadPage> ReadStream(metastore::Session& session, std::int64_t stream_id,
                            const ReadRequest& request);

}  // namespace sagebrush::logstore::internal
