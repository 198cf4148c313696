// SPDX-License-Identifier: Apache-2.0
// The lists of multipart uploads in progress and of one upload's parts. Handlers may run on any
// thread; all state is the object store's.
#pragma once

#include "aws/error.h"
#include "base/json.h"
#include "objectstore/object_store.h"
#include "services/context.h"

namespace sagebrush::services::s3 {

aws::Outcome<Json> ListParts(objectstore::ObjectStore& store, const RequestContext& context,
                             const Json& input);
aws::Outcome<Json> ListMultipartUploads(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input);

}  // namespace sagebrush::services::s3
