// SPDX-License-Identifier: Apache-2.0
// PutObject, CopyObject and the deletes. Handlers may run on any thread; all state is the object store's.
#pragma once

#include <variant>

#include "aws/error.h"
#include "base/json.h"
#include "http/exchange.h"
#include "objectstore/object_store.h"
#include "services/context.h"
#include "services/s3/copy_source.h"
#include "services/s3/receive.h"

namespace sagebrush::services::s3 {

aws::Outcome<std::monostate> PutObject(objectstore::ObjectStore& store,
                                       const SecretLookup& secret_of, const RequestContext& context,
                                       const Json& input, http::Exchange& exchange);
aws::Outcome<Json> CopyObject(objectstore::ObjectStore& store, const RequestContext& context,
                              const Json& input);
aws::Outcome<Json> DeleteObject(objectstore::ObjectStore& store, const RequestContext& context,
                                const Json& input);
aws::Outcome<Json> DeleteObjects(objectstore::ObjectStore& store, const RequestContext& context,
                                 const Json& input);

// A copy's source, open, its bucket's owner checked and the CopySourceIf… conditions held.
struct OpenSource {
  CopySource name;
  std::unique_ptr<objectstore::ObjectReader> reader;
};
aws::Outcome<OpenSource> OpenCopySource(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input);

// Copies bytes of the reader into the upload, and gives their checksum ("" for none).
aws::Outcome<objectstore::Checksum> CopyBytes(objectstore::ObjectReader& reader,
                                              std::uint64_t offset, std::uint64_t length,
                                              std::string_view algorithm,
                                              objectstore::Upload& upload);

}  // namespace sagebrush::services::s3
