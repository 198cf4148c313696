// SPDX-License-Identifier: Apache-2.0
// GetObject and HeadObject: conditions, ranges, parts, and the bytes, which go from a file to the socket where they can.
// Data plane. Handlers may run on any thread; all state is the object store's.
#pragma once

#include <variant>

#include "aws/error.h"
#include "base/json.h"
#include "http/exchange.h"
#include "objectstore/object_store.h"
#include "services/context.h"

namespace sagebrush::services::s3 {

aws::Outcome<std::monostate> GetObject(objectstore::ObjectStore& store,
                                       const RequestContext& context, const Json& input,
                                       http::Exchange& exchange);
aws::Outcome<std::monostate> HeadObject(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input,
                                        http::Exchange& exchange);

}  // namespace sagebrush::services::s3
