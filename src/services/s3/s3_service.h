// SPDX-License-Identifier: Apache-2.0
// Amazon S3 over the object store: which operations there are, what each needs to be allowed, and who answers it.
// Built once at start; then read by all threads.
#pragma once

#include <memory>

#include "objectstore/object_store.h"
#include "services/s3/receive.h"
#include "services/service.h"

namespace sagebrush::services {

// Borrows the store. `secret_of` finds the secret behind an access key, to check bodies that are signed chunk by chunk; null:
// such bodies are refused with NotImplemented.
std::unique_ptr<Service> MakeS3Service(objectstore::ObjectStore& store,
                                       s3::SecretLookup secret_of = nullptr);

}  // namespace sagebrush::services
