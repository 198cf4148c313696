// SPDX-License-Identifier: Apache-2.0
// Multipart uploads. Handlers may run on any thread; all state is the object store's.
#pragma once

#include <variant>

#include "aws/error.h"
#include "base/json.h"
#include "http/exchange.h"
#include "objectstore/object_store.h"
#include "services/context.h"
#include "services/s3/receive.h"

namespace sagebrush::services::s3 {

aws::Outcome<Json> CreateMultipartUpload(objectstore::ObjectStore& store,
                                         const RequestContext& context, const Json& input);
aws::Outcome<std::monostate> UploadPart(objectstore::ObjectStore& store,
                                        const SecretLookup& secret_of,
                                        const RequestContext& context, const Json& input,
                                        http::Exchange& exchange);
aws::Outcome<Json> UploadPartCopy(objectstore::ObjectStore& store, const RequestContext& context,
                                  const Json& input);
aws::Outcome<Json> CompleteMultipartUpload(objectstore::ObjectStore& store,
                                           const RequestContext& context, const Json& input);
aws::Outcome<Json> AbortMultipartUpload(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input);

}  // namespace sagebrush::services::s3
