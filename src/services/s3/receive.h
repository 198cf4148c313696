// SPDX-License-Identifier: Apache-2.0
// From the request's body into an object store's Upload, checking on the way all that the client claims of the bytes:
// length, SHA-256, MD5, checksum header or trailer, signatures of chunks. Data plane; belongs to the handler's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/json.h"
#include "http/exchange.h"
#include "objectstore/checksum.h"
#include "objectstore/object_store.h"

namespace sagebrush::services::s3 {

// The secret behind an access key and session token, to check chunk signatures with.
using SecretLookup =
    std::function<Result<std::string>(std::string_view access_key, std::string_view session_token)>;

struct ChecksumClaim {
  std::string algorithm;  // "" for none
  std::string value;      // base64, of the right length; "" if it comes in the trailer
};
// The one x-amz-checksum-* header of the request; InvalidRequest for two, or for a value that cannot be one.
aws::Outcome<ChecksumClaim> ClaimOf(const Json& input);

// Reads the whole body. On success `upload` holds its bytes, and the checksum is that of the bytes: the algorithm the
// client chose, else `algorithm` ("" for none). `also`, if it is there, is updated with the bytes too.
aws::Outcome<objectstore::Checksum> Receive(http::Exchange& exchange, const Json& input,
                                            const SecretLookup& secret_of,
                                            std::string_view algorithm, objectstore::Upload& upload,
                                            objectstore::ChecksumHasher* also = nullptr);

}  // namespace sagebrush::services::s3
