// SPDX-License-Identifier: Apache-2.0
// Ageing: data that is too old for its resolution goes into the next coarser one, the oldest goes away, and so do metrics
// without data and sources that have long been silent. Reads find what is due, small writes do it, so nobody waits long.
#pragma once

#include "metastore/database.h"

namespace sagebrush::metricstore::internal {

Status RollUpAll(metastore::Database& database, std::int64_t now_s);

}  // namespace sagebrush::metricstore::internal
