// SPDX-License-Identifier: Apache-2.0
// Buckets: their names, places and owners. Handlers may run on any thread; all state is the object store's.
#pragma once

#include <string_view>

#include "aws/error.h"
#include "base/json.h"
#include "objectstore/object_store.h"
#include "services/context.h"

namespace sagebrush::services::s3 {

// S3's rules for general purpose buckets, but underscores are allowed: SDKs let them pass, and tutorials use them.
bool IsValidBucketName(std::string_view name);

aws::Outcome<Json> CreateBucket(objectstore::ObjectStore& store, const RequestContext& context,
                                const Json& input);
aws::Outcome<Json> HeadBucket(objectstore::ObjectStore& store, const RequestContext& context,
                              const Json& input);
aws::Outcome<Json> ListBuckets(objectstore::ObjectStore& store, const RequestContext& context,
                               const Json& input);
aws::Outcome<Json> DeleteBucket(objectstore::ObjectStore& store, const RequestContext& context,
                                const Json& input);
aws::Outcome<Json> GetBucketLocation(objectstore::ObjectStore& store, const RequestContext& context,
                                     const Json& input);
aws::Outcome<Json> GetBucketVersioning(objectstore::ObjectStore& store,
                                       const RequestContext& context, const Json& input);

}  // namespace sagebrush::services::s3
