// SPDX-License-Identifier: Apache-2.0
// What Verify looks at besides the signature itself, for those who tell the client of it. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/sigv4.h"
#include "http/message.h"

namespace sagebrush::aws {

inline constexpr std::string_view kRequestExpired = "Request has expired";
inline constexpr std::string_view kHeadersNotSigned =
    "There were headers present in the request which were not signed";

namespace internal {

// The fields that the signature must cover and does not, in lower case.
std::vector<std::string> HeadersNotSigned(const http::Request& request, const Presented& presented);

// The hash that the client has signed: of a presigned URL of S3 it is no body's, unless the client says so and signs it.
std::string SignedPayloadHash(const http::Request& request, const Presented& presented,
                              std::string_view payload_hash);

}  // namespace internal

}  // namespace sagebrush::aws
