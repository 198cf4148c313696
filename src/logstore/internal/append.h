// SPDX-License-Identifier: Apache-2.0
// Adding groups, streams and events: a stream's and its group's figures and a source's sequence
// number move with the events, in the caller's Write.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "logstore/internal/tables.h"
#include "logstore/log_store.h"

namespace sagebrush::logstore::internal {

// kAlreadyExists if the name is taken.
Status InsertGroup(metastore::Session& session, const std::string& scope, const std::string& group,
                   std::int64_t now);
Status InsertStream(metastore::Session& session, std::int64_t group_id, const std::string& stream,
                    std::int64_t now);

Status AppendEvents(metastore::Session& session, const StreamRow& stream,
                    std::span<const Event> events, std::int64_t now);

// LogStore::AppendBatch's contract; raises the batch's timestamps in place, and may be run again.
Result<std::int64_t> AppendSourceBatch(metastore::Session& session, std::string_view scope,
                                       std::string_view group, std::string_view stream,
                                       SourceBatch& batch, std::int64_t now);

}  // namespace sagebrush::logstore::internal
