// SPDX-License-Identifier: Apache-2.0
// GetObjectAttributes: what there is to know of an object without its bytes. Any thread; all state is the object store's.
#pragma once

#include "aws/error.h"
#include "base/json.h"
#include "objectstore/object_store.h"
#include "services/context.h"

namespace sagebrush::services::s3 {

aws::Outcome<Json> GetObjectAttributes(objectstore::ObjectStore& store,
                                       const RequestContext& context, const Json& input);

}  // namespace sagebrush::services::s3
