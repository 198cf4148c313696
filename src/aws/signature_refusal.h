// SPDX-License-Identifier: Apache-2.0
// What S3 adds when it refuses a signature: the text it would have signed, so that a client can be compared with it line by
// line; the headers that were not signed; when a presigned URL expired. Nothing in it is secret: the client sent it all.
// Pure function.
#pragma once

#include <string_view>

#include "aws/error.h"
#include "aws/sigv4.h"

namespace sagebrush::aws {

// `error` is what Verify said of the request at `now`, with the same payload hash, for S3.
Error WithSignature(Error error, const http::Request& request, const Presented& presented,
                    std::string_view payload_hash, TimePoint now);

}  // namespace sagebrush::aws
