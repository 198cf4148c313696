// SPDX-License-Identifier: Apache-2.0
// ListObjects, ListObjectsV2 and ListObjectVersions: one page of the object store, told in the words of each. Buckets are not
// versioned: every object is a version, the latest, with the id "null".
// Handlers may run on any thread; all state is the object store's.
#pragma once

#include "aws/error.h"
#include "base/json.h"
#include "objectstore/object_store.h"
#include "services/context.h"

namespace sagebrush::services::s3 {

aws::Outcome<Json> ListObjects(objectstore::ObjectStore& store, const RequestContext& context,
                               const Json& input);
aws::Outcome<Json> ListObjectsV2(objectstore::ObjectStore& store, const RequestContext& context,
                                 const Json& input);
aws::Outcome<Json> ListObjectVersions(objectstore::ObjectStore& store,
                                      const RequestContext& context, const Json& input);

}  // namespace sagebrush::services::s3
